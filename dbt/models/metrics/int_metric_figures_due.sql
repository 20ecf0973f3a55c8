-- Which tables of figures are due: one row for each row of the publication plan and each of its periods. Exact
-- headlines are due for every period; the other tables only for periods that end with a quarter or on the latest day.

with plan as (
    select
        metric_id,
        measure,
        period_type,
        coalesce(dimension_1, '') as dimension_1,
        coalesce(dimension_2, '') as dimension_2,
        exact
    from {{ ref('publication_plan') }}
),

definitions as (
    select * from {{ ref('metric_definitions') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
)

select
    cast(row_number() over (
        order by
            plan.metric_id, plan.measure, plan.period_type, plan.dimension_1, plan.dimension_2, periods.period_end
    ) as integer) as due_key,
    plan.metric_id,
    plan.measure,
    plan.period_type,
    periods.period_start,
    periods.period_end,
    periods.is_complete,
    plan.dimension_1,
    plan.dimension_2,
    definitions.timing,
    definitions.counts,
    definitions.method,
    definitions.averages,
    definitions.empty_sum
from plan
inner join definitions
    on plan.metric_id = definitions.metric_id
inner join periods
    on plan.period_type = periods.period_type
inner join as_at_days
    on periods.period_end = as_at_days.as_at
where
    plan.exact
    or as_at_days.is_quarter_end
    or as_at_days.is_latest
