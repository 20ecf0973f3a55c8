-- The words of every metric as its YAML has them: one row a metric. A setting of the programme stands in the words by
-- its name in braces, such as {allowance_gbp_per_year}, and is filled in here, so that the words follow the setting.
{% set words = [
    "metric_id", "label", "definition", "counted", "not_counted", "missing", "caveats", "unit", "direction", "owner",
    "source", "timing", "counts", "method", "averages", "population", "exports", "measures", "breakdowns", "overlapping",
] %}

with settings as (
    select
        max(case when setting = 'allowance_gbp_per_year' then value end) as allowance_gbp_per_year,
        max(case when setting = 'star_pair_minimum_days' then value end) as star_pair_minimum_days
    from {{ ref('programme_settings') }}
),

metrics as (
    {% for metric_id in metric_list() %}
        select
        {% for word in words %}
                {{ metric_word(metric_id, word) }} as {{ word }}{{ "," if not loop.last }}
        {% endfor %}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
{% for word in words %}
        cast(
            replace(
                replace(metrics.{{ word }}, '{allowance_gbp_per_year}', settings.allowance_gbp_per_year),
                '{star_pair_minimum_days}', settings.star_pair_minimum_days
            ) as string
        ) as {{ word }}{{ "," if not loop.last }}
{% endfor %}
from metrics
cross join settings
