-- Two references of one person may each bring an assessment of one day. One of them is valid: the first by its key. Nobody's
-- is valid who consented to share and took it back.
with

scored as (

    select
        *,
        {% for number in range(1, 11) -%}
            case when item_{{ number }} is null then 0 else 1 end{{ " + " if not loop.last }}
        {%- endfor %} as items
    from {{ ref('stg_ndta') }}

),

assessments as (

    select
        ndta.record_key,
        coalesce(people.person_id, ndta.client_id) as client_key,
        ndta.assessed_date,
        coalesce(consents.is_withdrawn, false) as is_withdrawn,
        cast(ndta.items as integer) as items,
        cast(ndta.total as integer) as total
    from scored as ndta
    left join {{ ref('stg_people') }} as people on ndta.client_id = people.client_id
    left join {{ ref('int_consents') }} as consents on coalesce(people.person_id, ndta.client_id) = consents.client_key

)

select
    record_key as assessment_key,
    client_key,
    assessed_date,
    not is_withdrawn
    and row_number() over (partition by client_key, assessed_date order by record_key) = 1 as is_valid,
    items,
    total
from assessments
