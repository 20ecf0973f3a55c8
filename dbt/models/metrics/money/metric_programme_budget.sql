with budget as (
    select * from {{ ref('fct_programme_budget') }}
),

figures as (
    select
        line_period_key,
        budget_line,
        counted_on,
        'budget' as budget_figure,
        budget as amount
    from budget
    union all
    -- Less the actual it is the variance: the same lines stand in all three.
    select
        line_period_key,
        budget_line,
        actual_counted_on as counted_on,
        'budget_with_actual' as budget_figure,
        case when actual is not null then budget end as amount
    from budget
    union all
    select
        line_period_key,
        budget_line,
        actual_counted_on as counted_on,
        'actual' as budget_figure,
        actual as amount
    from budget
    union all
    select
        line_period_key,
        budget_line,
        actual_counted_on as counted_on,
        'variance' as budget_figure,
        -- Positive: less was spent than budgeted.
        budget - actual as amount
    from budget
    union all
    select
        line_period_key,
        budget_line,
        counted_on,
        'forecast' as budget_figure,
        forecast as amount
    from budget
)

select
    line_period_key as client_key,
    cast(null as string) as episode_key,
    counted_on,
    cast(amount as double) as amount,
    cast(null as double) as out_of,
    budget_line,
    budget_figure
from figures
where amount is not null
