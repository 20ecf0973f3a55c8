-- Two references of one person may each bring an assessment of one day. One of them is valid: the first by its key.
with

assessments as (

    select
        ndta.record_key,
        coalesce(people.person_id, ndta.client_id) as client_key,
        ndta.assessed_date,
        cast(
            {%- for number in range(1, 11) %}
            case when ndta.item_{{ number }} is null then 0 else 1 end{{ " +" if not loop.last }}
            {%- endfor %}
            as integer
        ) as items,
        cast(ndta.total as integer) as total
    from {{ ref('stg_ndta') }} as ndta
    left join {{ ref('stg_people') }} as people on ndta.client_id = people.client_id

)

select
    record_key as assessment_key,
    client_key,
    assessed_date,
    row_number() over (partition by client_key, assessed_date order by record_key) = 1 as is_valid,
    items,
    total
from assessments
