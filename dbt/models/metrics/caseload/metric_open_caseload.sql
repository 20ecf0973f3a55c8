with spells as (
    select * from {{ ref('int_support_spells') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
)

select
    spells.client_key,
    spells.episode_key,
    as_at_days.as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    spells.borough,
    spells.sex,
    spells.age_band,
    spells.ethnicity_group
from as_at_days
inner join spells
    on
        as_at_days.as_at >= spells.start_date
        -- A person whose support ends on the day is not open at the end of it.
        and (spells.end_date is null or as_at_days.as_at < spells.end_date)
