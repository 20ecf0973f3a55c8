-- Worker and client may disagree and leave two approved readings of one day. One of them is valid: the one made
-- together, else the worker's, else the client's. Nobody's is valid who consented to share and took it back.
with

scored as (

    select
        *,
        {% for number in range(1, 11) -%}
            case when area_{{ number }} is null then 0 else 1 end{{ " + " if not loop.last }}
        {%- endfor %} as areas_scored
    from {{ ref('stg_outcome_stars') }}

),

readings as (

    select
        stars.record_key,
        coalesce(people.person_id, stars.client_id) as client_key,
        stars.star_version,
        stars.completed_date,
        coalesce(stars.completed_by, 'not_known') as completed_by,
        coalesce(stars.status, 'not_known') as status,
        coalesce(stars.status = 'approved', false)
        and stars.areas_scored >= settings.star_minimum_areas as is_usable,
        coalesce(consents.is_withdrawn, false) as is_withdrawn,
        cast(stars.areas_scored as integer) as areas_scored,
        case stars.completed_by when 'together' then 1 when 'worker' then 2 when 'client' then 3 else 4 end as preference
    from scored as stars
    cross join {{ ref('stg_programme_settings') }} as settings
    left join {{ ref('stg_people') }} as people on stars.client_id = people.client_id
    left join {{ ref('int_consents') }} as consents on coalesce(people.person_id, stars.client_id) = consents.client_key

)

select
    record_key as reading_key,
    client_key,
    star_version,
    completed_date,
    completed_by,
    status,
    is_usable
    and not is_withdrawn
    and row_number() over (
        partition by client_key, star_version, completed_date, is_usable
        order by preference, record_key
    ) = 1 as is_valid,
    areas_scored
from readings
