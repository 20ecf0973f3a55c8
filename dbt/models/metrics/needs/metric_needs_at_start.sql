with spells as (
    select * from {{ ref('int_support_spells') }}
)

select
    client_key,
    episode_key,
    start_date as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    domain_count,
    sex,
    age_band,
    ethnicity_group
from spells
-- The profile is frozen at the person's first start: somebody who comes back is not counted again.
where spell_number = 1
