-- One row for each scored area of each reading, approved or not.
{%- for number in range(1, 11) %}
    select
        record_key,
        'area_{{ number }}' as star_area,
        area_{{ number }} as score
    from {{ ref('stg_outcome_stars') }}
    where area_{{ number }} is not null
    {% if not loop.last %}union all{% endif %}
{%- endfor %}
