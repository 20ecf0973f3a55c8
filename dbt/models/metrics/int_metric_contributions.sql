-- Every contribution to every metric of sums, under one another. A breakdown that a metric does not offer is empty.
{% for metric_id in metrics_of_sums() %}
    {% set meta = metric_meta(metric_id) if execute else {} %}
    select
        '{{ metric_id }}' as metric_id,
        client_key,
        episode_key,
        counted_on,
        {{ "period_type" if meta.timing == "period" else "cast(null as string) as period_type" }},
        amount,
        {% for breakdown in metric_breakdown_columns() %}
            {{ breakdown if breakdown in meta.breakdowns else "cast(null as string) as " ~ breakdown }},
        {% endfor %}
        {{ "need_domain" if meta.get("own_needs") else "cast(null as string) as need_domain" }},
        out_of
    from {{ ref("metric_" ~ metric_id) }}
    {{ "union all" if not loop.last }}
{% endfor %}
