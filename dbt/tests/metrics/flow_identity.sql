-- Opening + starts - ends = closing, for every period and every breakdown that starts, ends and the open caseload
-- share. A row here is a period and category where it does not hold.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where measure = 'count'
),

flows as (
    select
        starts.period_type,
        starts.period_start,
        starts.period_end,
        starts.dimension_1,
        starts.category_1,
        starts.value as starts,
        ends.value as ends
    from metric_values as starts
    inner join metric_values as ends
        on
            starts.period_type = ends.period_type
            and starts.period_end = ends.period_end
            and starts.dimension_1 = ends.dimension_1
            and starts.category_1 = ends.category_1
    where
        starts.metric_id = 'starts'
        and ends.metric_id = 'ends'
),

open_caseload as (
    select * from metric_values
    where
        metric_id = 'open_caseload'
        and dimension_2 = ''
)

select
    flows.*,
    opening.value as opening,
    closing.value as closing
from flows
inner join open_caseload as closing
    on
        flows.period_end = closing.period_end
        and flows.dimension_1 = closing.dimension_1
        and flows.category_1 = closing.category_1
-- Before the programme's first day there is no as-at day, and nobody was open.
left join open_caseload as opening
    on
        flows.period_start = opening.period_end + interval '1' day
        and flows.dimension_1 = opening.dimension_1
        and flows.category_1 = opening.category_1
where coalesce(opening.value, 0) + flows.starts - flows.ends <> closing.value
