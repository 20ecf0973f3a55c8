-- Every model that says it is a metric stands in the list of metrics, under its own name, and has every word. A row
-- here is a metric and what is wrong with it.

{% set themed = [] %}
{% if execute %}
    {% for node in graph.nodes.values() %}
        {% if node.resource_type == "model" and node.config.meta.get("metric_id") %}
            {% do themed.append([node.name, node.config.meta.metric_id]) %}
        {% endif %}
    {% endfor %}
{% endif %}

with definitions as (
    select * from {{ ref('metric_definitions') }}
)

select
    metric_id,
    'a word is missing, is none of those allowed, or names an unknown setting or term' as problem
from definitions
where
    label = ''
    or definition = ''
    or counted = ''
    or not_counted = ''
    or missing = ''
    or caveats = ''
    or unit = ''
    or owner = ''
    or source = ''
    or exports = ''
    or measures = ''
    or concat(label, definition, counted, not_counted, missing, caveats, unit) like {{ "'%{%'" }}
    or direction not in ('up', 'down', 'neither')
    or timing not in ('flow', 'stock', 'period')
    or counts not in ('people', 'referrals', 'episodes', 'client_years', 'contacts', 'events', 'months', 'lines', 'entries')
    or method not in ('sums', 'paired_change', 'kaplan_meier', 'cumulative_incidence')
    or averages not in ('people', 'contributions', 'posts')
    or empty_sum not in ('nought', 'unknown')
    or population not in (select known.metric_id from definitions as known)
{% for name, metric_id in themed %}
union all
select
    '{{ metric_id }}' as metric_id,
    'not in the list of metrics, or named otherwise than its model' as problem
where
    '{{ name }}' <> 'metric_{{ metric_id }}'
    or '{{ metric_id }}' not in (select metric_id from definitions)
{% endfor %}
