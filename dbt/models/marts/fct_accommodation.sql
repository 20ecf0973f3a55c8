with

accommodation as (

    select
        coalesce(people.person_id, accommodation.client_id) as client_key,
        accommodation.quarter_start,
        accommodation.type as accommodation_type,
        accommodation.percent
    from {{ ref('stg_accommodation') }} as accommodation
    left join {{ ref('stg_people') }} as people on accommodation.client_id = people.client_id

)

select
    client_key,
    quarter_start,
    cast({{ add_months('quarter_start', 3) }} - interval '1 day' as date) as quarter_end,
    accommodation_type,
    cast(sum(percent) as decimal(12, 2)) as percent
from accommodation
group by
    client_key,
    quarter_start,
    accommodation_type
