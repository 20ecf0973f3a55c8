-- What the current extract of each export about money sums to is what figures hold and what was rejected. (A file that
-- brought changes only would not sum to it.)
{%- set amounts = [
    ("personal_budget", "amount", "fct_budget_lines"),
    ("petty_cash", "amount", "stg_petty_cash"),
    ("programme_budget", "budget", "stg_programme_budget"),
    ("programme_budget", "actual", "stg_programme_budget"),
    ("programme_budget", "forecast", "stg_programme_budget"),
] %}
with

landed as (

    {% for export, column, _ in amounts %}
        select
            '{{ export }}' as export,
            '{{ column }}' as column_name,
            coalesce(sum(lines.{{ column }}), 0) as amount_in_file,
            coalesce(sum(case when lines.reject_reasons is not null then lines.{{ column }} else 0 end), 0) as amount_rejected
        from {{ ref('base_' ~ export) }} as lines
        inner join {{ ref('stg_loads') }} as loads on lines.load_id = loads.load_id
        where loads.is_current and not lines.is_duplicate
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

accepted as (

    {% for export, column, figures in amounts %}
        select
            '{{ export }}' as export,
            '{{ column }}' as column_name,
            coalesce(sum({{ column }}), 0) as amount_accepted
        from {{ ref(figures) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    landed.export,
    landed.column_name,
    landed.amount_in_file,
    landed.amount_rejected,
    accepted.amount_accepted
from landed
inner join accepted on landed.export = accepted.export and landed.column_name = accepted.column_name
inner join {{ ref('stg_exports') }} as exports on landed.export = exports.export
where
    exports.extract = 'full'
    and landed.amount_in_file <> landed.amount_rejected + accepted.amount_accepted
