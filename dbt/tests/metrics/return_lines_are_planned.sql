-- Every line of a return is a table that the plan lets the group see, for each kind of period that a return with it is
-- about, or has the reason why there is no figure; no line stands twice, and a series has no breakdown. A row here is one
-- that does not.
{{ config(tags=['seeds']) }}

with lines as (
    select
        lines,
        line,
        metric_id,
        measure,
        period_type,
        coalesce(dimension_1, '') as dimension_1,
        coalesce(dimension_2, '') as dimension_2,
        series,
        reason
    from {{ ref('return_lines') }}
),

plan as (
    select
        metric_id,
        measure,
        period_type,
        coalesce(dimension_1, '') as dimension_1,
        coalesce(dimension_2, '') as dimension_2
    from {{ ref('publication_plan') }}
    where audience in ('spg', 'public')
),

-- A half-year is the year so far.
wanted as (
    select distinct
        lines.lines,
        lines.line,
        lines.metric_id,
        lines.measure,
        case
            when lines.period_type <> 'own' then lines.period_type
            when returns.period_type = 'quarter' then 'quarter'
            else 'year'
        end as period_type,
        lines.dimension_1,
        lines.dimension_2
    from lines
    inner join {{ ref('returns') }} as returns
        on lines.lines = returns.lines
    where lines.reason is null
)

select
    wanted.lines,
    wanted.line,
    'the plan has no such table for the group' as problem
from wanted
left join plan
    on
        wanted.metric_id = plan.metric_id
        and wanted.measure = plan.measure
        and wanted.period_type = plan.period_type
        -- The plan may name two breakdowns in either order.
        and least(wanted.dimension_1, wanted.dimension_2) = least(plan.dimension_1, plan.dimension_2)
        and greatest(wanted.dimension_1, wanted.dimension_2) = greatest(plan.dimension_1, plan.dimension_2)
where plan.metric_id is null
union all
select
    lines,
    line,
    'the line stands twice' as problem
from lines
group by
    lines,
    line
having count(*) > 1
union all
select
    lines,
    line,
    'a series has no breakdown' as problem
from lines
where series and dimension_1 <> ''
union all
select
    lines,
    line,
    'a line has either a metric or a reason that begins with Not collected or Not published' as problem
from lines
where
    (metric_id is null) = (reason is null)
    or not coalesce(reason like 'Not collected: %' or reason like 'Not published: %', true)
