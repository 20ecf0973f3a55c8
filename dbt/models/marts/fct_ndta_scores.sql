with

scores as (

    {%- for number in range(1, 11) %}
    select
        record_key,
        'item_{{ number }}' as item,
        item_{{ number }} as score
    from {{ ref('stg_ndta') }}

    union all
    {% endfor %}
    select
        record_key,
        'total' as item,
        total as score
    from {{ ref('stg_ndta') }}

)

select
    assessments.assessment_key,
    assessments.client_key,
    assessments.assessed_date,
    scores.item,
    cast(scores.score as integer) as score
from {{ ref('fct_ndta') }} as assessments
inner join scores on assessments.assessment_key = scores.record_key
where
    assessments.is_valid
    and scores.score is not null
