{# The same lines stand in budget_with_actual, actual and variance: the first less the second is the third. A positive variance
   says that less was spent than budgeted. #}
{% set figures = [
    ("budget", "counted_on", "budget"),
    ("budget_with_actual", "actual_counted_on", "case when actual is not null then budget end"),
    ("actual", "actual_counted_on", "actual"),
    ("variance", "actual_counted_on", "budget - actual"),
    ("forecast", "counted_on", "forecast"),
] %}

with budget as (
    select * from {{ ref('fct_programme_budget') }}
),

figures as (
    {% for budget_figure, counted_on, amount in figures %}
        select
            line_period_key,
            budget_line,
            {{ counted_on }} as counted_on,
            '{{ budget_figure }}' as budget_figure,
            {{ amount }} as amount
        from budget
        {{ "union all" if not loop.last }}
    {% endfor %}
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
