-- Possible but odd quarters of accommodation: one row for each person and quarter, at the first of its records.
with

quarters as (

    select
        coalesce(people.person_id, accommodation.client_id) as person_id,
        accommodation.quarter_start,
        min(accommodation.record_key) as record_key,
        sum(accommodation.percent) as percent_of_quarter
    from {{ ref('stg_accommodation') }} as accommodation
    left join {{ ref('stg_people') }} as people on accommodation.client_id = people.client_id
    group by
        coalesce(people.person_id, accommodation.client_id),
        accommodation.quarter_start

)

select
    'person_over_100_percent' as rule,
    record_key
from quarters
where percent_of_quarter > 100
