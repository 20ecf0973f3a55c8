-- In every table of the programme's budget the budget of the lines that have an actual, less the actual, is the variance, to
-- the penny; without an actual none of the three has a figure. A row here is a cell where they do not agree.

with metric_values as (
    select
        *,
        case when dimension_1 = 'budget_figure' then category_1 else category_2 end as budget_figure,
        case when dimension_1 = 'budget_figure' then category_2 else category_1 end as budget_line
    from {{ ref('fct_metric_values') }}
    where metric_id = 'programme_budget'
),

cells as (
    select
        period_type,
        period_end,
        dimension_1,
        dimension_2,
        budget_line,
        max(case when budget_figure = 'budget_with_actual' then value end) as budget,
        max(case when budget_figure = 'actual' then value end) as actual,
        max(case when budget_figure = 'variance' then value end) as variance
    from metric_values
    group by
        period_type,
        period_end,
        dimension_1,
        dimension_2,
        budget_line
)

select *
from cells
where
    (actual is null) <> (budget is null)
    or (actual is null) <> (variance is null)
    or abs(budget - actual - variance) >= 0.005
