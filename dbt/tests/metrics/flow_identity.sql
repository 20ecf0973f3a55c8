-- Opening + starts - ends = closing, for every period and every breakdown that starts or ends have. A row here is a period
-- and category where it does not hold, or where one of the four figures is missing.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where measure = 'count'
),

flows as (
    select
        period_type,
        period_start,
        period_end,
        dimension_1,
        category_1,
        max(case when metric_id = 'starts' then value end) as starts,
        max(case when metric_id = 'ends' then value end) as ends
    from metric_values
    where
        metric_id in ('starts', 'ends')
        and dimension_2 = ''
    group by
        period_type,
        period_start,
        period_end,
        dimension_1,
        category_1
),

open_caseload as (
    select * from metric_values
    where
        metric_id = 'open_caseload'
        and dimension_2 = ''
),

settings as (
    select * from {{ ref('stg_programme_settings') }}
)

select
    flows.*,
    opening.value as opening,
    closing.value as closing
from flows
cross join settings
left join open_caseload as closing
    on
        flows.period_end = closing.period_end
        and flows.dimension_1 = closing.dimension_1
        and flows.category_1 = closing.category_1
left join open_caseload as opening
    on
        flows.period_start = opening.period_end + interval '1' day
        and flows.dimension_1 = opening.dimension_1
        and flows.category_1 = opening.category_1
where
    flows.starts is null
    or flows.ends is null
    or closing.value is null
    -- Before the programme's first day there is no as-at day, and nobody was open.
    or (opening.value is null and flows.period_start <> settings.programme_start)
    or coalesce(opening.value, 0) + flows.starts - flows.ends <> closing.value
