with spells as (
    select * from {{ ref('int_support_spells') }}
)

select
    client_key,
    episode_key,
    end_date as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    destination
from spells
where end_date is not null
