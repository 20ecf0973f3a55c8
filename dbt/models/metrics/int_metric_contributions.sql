-- Every contribution that a figure is due of, to every metric of sums, under one another. A breakdown that a metric does
-- not offer is empty; the area is looked up, since a person has one, whatever is counted. Stocks are given for each month's
-- end, and most figures are due for the ends of quarters alone.
with days_due as (
    select distinct
        metric_id,
        period_end
    from {{ ref('int_metric_figures_due') }}
),

contributions as (
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
        {% if meta.timing != "flow" %}
            where counted_on in (
                    select period_end
                    from days_due
                    where metric_id = '{{ metric_id }}'
                )
        {% endif %}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    contributions.*,
    coalesce(clients.area, 'not_known') as area
from contributions
left join {{ ref('dim_clients') }} as clients on contributions.client_key = clients.client_key
