-- The total stands beside the items where all ten are scored.
with

valid as (

    select
        assessments.assessment_key,
        assessments.client_key,
        assessments.assessed_date,
        {% for number in range(1, 11) -%}
            ndta.item_{{ number }},
        {% endfor -%}
        ndta.total
    from {{ ref('fct_ndta') }} as assessments
    inner join {{ ref('stg_ndta') }} as ndta on assessments.assessment_key = ndta.record_key
    where assessments.is_valid

)

{% for item in ["item_1", "item_2", "item_3", "item_4", "item_5", "item_6", "item_7", "item_8", "item_9", "item_10", "total"] %}
    select
        assessment_key,
        client_key,
        assessed_date,
        '{{ item }}' as item,
        cast({{ item }} as integer) as score
    from valid
    where {{ item }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
