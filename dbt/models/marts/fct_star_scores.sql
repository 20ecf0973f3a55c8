with

valid as (

    select
        readings.reading_key,
        readings.client_key,
        readings.star_version,
        {% for number in range(1, 11) -%}
            stars.area_{{ number }},
        {% endfor -%}
        readings.completed_date
    from {{ ref('fct_star_readings') }} as readings
    inner join {{ ref('stg_outcome_stars') }} as stars on readings.reading_key = stars.record_key
    where readings.is_valid

)

{% for number in range(1, 11) %}
    select
        reading_key,
        client_key,
        star_version,
        completed_date,
        'area_{{ number }}' as star_area,
        area_{{ number }} as score,
        cast(ceil(area_{{ number }} / 2.0) as integer) as stage
    from valid
    where area_{{ number }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
