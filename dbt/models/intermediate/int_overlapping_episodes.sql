-- Episodes that start while another of the same client is open. Of two that start on one day the later key is listed.
select distinct
    later.episode_key,
    later.client_key
from {{ ref('fct_episodes') }} as later
inner join {{ ref('fct_episodes') }} as earlier
    on later.client_key = earlier.client_key
        and concat(cast(later.start_date as string), later.episode_key)
        > concat(cast(earlier.start_date as string), earlier.episode_key)
        and (earlier.end_date is null or later.start_date < earlier.end_date)
