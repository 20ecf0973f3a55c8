-- Over all destinations the exits of a period are its ends of support. A row here is a period where they are not.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where measure = 'count'
),

exits as (
    select
        period_type,
        period_end,
        sum(value) as value
    from metric_values
    where
        metric_id = 'exits'
        and dimension_1 = 'destination'
        and dimension_2 = ''
    group by
        period_type,
        period_end
),

ends as (
    select * from metric_values
    where
        metric_id = 'ends'
        and dimension_1 = ''
)

select
    exits.period_type,
    exits.period_end,
    exits.value as exits,
    ends.value as ends
from exits
left join ends
    on
        exits.period_type = ends.period_type
        and exits.period_end = ends.period_end
where
    ends.value is null
    or exits.value <> ends.value
