with spells as (
    select * from {{ ref('int_support_spells') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- Somebody who comes back is not a second person: the first time of support is the one that is timed.
first_spells as (
    select
        as_at_days.as_at,
        spells.client_key,
        spells.episode_key,
        spells.start_date,
        spells.start_cohort,
        case when spells.end_date <= as_at_days.as_at then spells.end_date end as ended_by_then
    from as_at_days
    inner join spells
        on as_at_days.as_at >= spells.start_date
    where spells.spell_number = 1
)

select
    client_key,
    episode_key,
    as_at as counted_on,
    cast({{ days_between('start_date', 'coalesce(ended_by_then, as_at)') }} as double) as amount,
    -- Leaving out who is still supported would keep only the short times.
    case when ended_by_then is null then 'waiting' else 'event' end as outcome,
    start_cohort
from first_spells
