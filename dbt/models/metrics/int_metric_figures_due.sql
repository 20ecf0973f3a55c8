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
),

-- What a metric counts is in the first of its exports. Where that never came, nought would be a figure made up.
never_came as (
    select
        definitions.metric_id,
        concat('this export never came: ', source_status.label) as note
    from definitions
    inner join {{ ref('fct_source_status') }} as source_status
        on split_part(definitions.exports, '|', 1) = source_status.export
    where not source_status.ever_received
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
    definitions.empty_sum,
    definitions.nothing_counted,
    never_came.note
from plan
inner join definitions
    on plan.metric_id = definitions.metric_id
inner join periods
    on plan.period_type = periods.period_type
inner join as_at_days
    on periods.period_end = as_at_days.as_at
left join never_came
    on plan.metric_id = never_came.metric_id
where
    plan.exact
    or as_at_days.is_quarter_end
    or as_at_days.is_latest
