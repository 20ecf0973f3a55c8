with budget as (
    select * from {{ ref('fct_programme_budget') }}
),

spells as (
    select * from {{ ref('int_support_spells') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

-- Quarters that are over and of which every line has an actual. One that still runs would set the money of all of it
-- against the months so far, and one with a line still to come a part of the money against all the months.
quarters as (
    select
        periods.period_start,
        periods.period_end
    from periods
    inner join budget
        on
            periods.period_start <= budget.counted_on
            and periods.period_end >= budget.counted_on
    where
        periods.period_type = 'quarter'
        and periods.is_complete
    group by
        periods.period_start,
        periods.period_end
    having count(*) = count(budget.actual)
),

quarters_by_period as (
    select
        periods.period_type,
        periods.period_end,
        quarters.period_start as quarter_start,
        quarters.period_end as quarter_end
    from periods
    inner join quarters
        on
            periods.period_start <= quarters.period_start
            and periods.period_end >= quarters.period_end
    where periods.period_type in ('quarter', 'year', 'programme')
),

-- Days at whose end the person was open.
open_days as (
    select
        quarters_by_period.period_type,
        quarters_by_period.period_end,
        spells.client_key,
        {{ days_between(
            "greatest(spells.start_date, quarters_by_period.quarter_start)",
            "least(coalesce(spells.end_date, cast('9999-12-31' as date)), cast(quarters_by_period.quarter_end + interval '1' day as date))"
        ) }} as days
    from quarters_by_period
    inner join spells
        on
            quarters_by_period.quarter_end >= spells.start_date
            and (
                spells.end_date is null
                or (quarters_by_period.quarter_start < spells.end_date and spells.end_date > spells.start_date)
            )
),

months as (
    select
        period_type,
        period_end,
        client_key,
        round(cast(sum(days) as double) / 30.4375, 6) as months
    from open_days
    group by
        period_type,
        period_end,
        client_key
)

select
    -- A line of the budget is nobody.
    cast(null as string) as client_key,
    cast(null as string) as episode_key,
    quarters_by_period.period_end as counted_on,
    cast(quarters_by_period.period_type as string) as period_type,
    cast(budget.actual as double) as amount,
    cast(0 as double) as out_of
from quarters_by_period
inner join budget
    on
        quarters_by_period.quarter_start <= budget.counted_on
        and quarters_by_period.quarter_end >= budget.counted_on
union all
select
    client_key,
    cast(null as string) as episode_key,
    period_end as counted_on,
    cast(period_type as string) as period_type,
    cast(0 as double) as amount,
    cast(months as double) as out_of
from months
