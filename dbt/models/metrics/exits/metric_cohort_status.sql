with spells as (
    select * from {{ ref('int_support_spells') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- Each person on each as-at day stands where the latest spell started by then stands.
spells_by_day as (
    select
        as_at_days.as_at,
        spells.client_key,
        spells.end_date,
        spells.cohort_status_at_end,
        row_number() over (
            partition by as_at_days.as_at, spells.client_key
            order by spells.spell_number desc
        ) as order_of_spell
    from as_at_days
    inner join spells
        on as_at_days.as_at >= spells.start_date
)

select
    latest.client_key,
    first_spell.episode_key,
    latest.as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    first_spell.start_cohort,
    case
        when latest.end_date is null or latest.end_date > latest.as_at then 'open'
        else latest.cohort_status_at_end
    end as cohort_status
from spells_by_day as latest
inner join spells as first_spell
    on
        latest.client_key = first_spell.client_key
        and first_spell.spell_number = 1
where latest.order_of_spell = 1
