-- A category in the data that the closed list does not have would fall out of every table. A row here is one.
-- depends_on: {{ ref('int_metric_contributions') }}

-- Unused where no breakdown is known yet: while only the SQL is looked at.
with combinations as ( -- noqa: ST03
    select distinct
        {{ metric_breakdown_columns() | join(",\n        ") if execute else "metric_id" }}
    from {{ ref('int_metric_contributions') }}
),

seen as (
    select distinct
        'need_domain' as dimension,
        need_domain as category
    from {{ ref('bridge_episode_needs') }}
    {% for breakdown in metric_breakdown_columns() %}
    union
    select distinct
        '{{ breakdown }}' as dimension,
        {{ breakdown }} as category
    from combinations
    where {{ breakdown }} is not null
    {% endfor %}
)

select
    seen.dimension,
    seen.category
from seen
left join {{ ref('metric_categories') }} as categories
    on
        seen.dimension = categories.dimension
        and seen.category = categories.category
where categories.category is null
