-- Every row of the plan names a measure, a period and breakdowns that its metric has; a headline names who approved it
-- and carries no attribute but the borough or the area; the public gets one breakdown and no month or quarter; no table stands
-- twice. A row here is one that does not.
{{ config(tags=['seeds']) }}

with plan as (
    select
        metric_id,
        measure,
        period_type,
        coalesce(dimension_1, '') as dimension_1,
        coalesce(dimension_2, '') as dimension_2,
        audience,
        exact,
        approved_by
    from {{ ref('publication_plan') }}
),

definitions as (
    select * from {{ ref('metric_definitions') }}
),

listed as (
    select distinct dimension from {{ ref('metric_categories') }}
),

planned as (
    select
        plan.*,
        definitions.timing,
        concat('|', definitions.measures, '|') as measures,
        concat('|', definitions.breakdowns, '|') as breakdowns
    from plan
    inner join definitions
        on plan.metric_id = definitions.metric_id
),

problems as (
    select
        *,
        case
            when measures not like concat('%|', measure, '|%') then 'the metric has no such measure'
            when dimension_1 = '' and dimension_2 <> '' then 'a second breakdown without a first'
            when breakdowns not like concat('%|', dimension_1, '|%') and dimension_1 <> '' then 'no first breakdown'
            when breakdowns not like concat('%|', dimension_2, '|%') and dimension_2 <> '' then 'no second breakdown'
            when dimension_1 <> '' and dimension_1 = dimension_2 then 'the same breakdown twice'
            when
                (dimension_1 <> '' and dimension_1 not in (select listed.dimension from listed))
                or (dimension_2 <> '' and dimension_2 not in (select listed.dimension from listed))
                then 'a breakdown without a list of categories'
            when timing = 'stock' and period_type not in ('as_at', 'programme') then 'a period for what stands on a day'
            when timing in ('flow', 'period') and period_type = 'as_at' then 'an as-at day for events'
            when exact and (approved_by is null or measure <> 'count') then 'an exact table that nobody approved'
            when exact and (dimension_1 not in ('', 'borough', 'area') or dimension_2 <> '') then 'a headline with an attribute'
            when audience = 'public' and dimension_2 <> '' then 'two breakdowns for the public'
            when audience = 'public' and period_type in ('month', 'quarter') then 'a period too short for the public'
            when not exact and approved_by is not null then 'an approval for a table that is not exact'
        end as problem
    from planned
)

select
    metric_id,
    measure,
    period_type,
    dimension_1,
    dimension_2,
    problem
from problems
where problem is not null
union all
select
    metric_id,
    measure,
    period_type,
    dimension_1,
    dimension_2,
    'the table stands twice' as problem
from plan
group by
    metric_id,
    measure,
    period_type,
    dimension_1,
    dimension_2,
    audience
having count(*) > 1
