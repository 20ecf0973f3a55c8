-- Everybody who stands in the current referrals or caseload, with the one area that each is counted in: so the areas come
-- to the figure of all. It is the first one, where somebody came from: who moves on to another area must not take a past
-- along that figures of both have told already.
with

spoken_of as (

    select
        coalesce(people.person_id, episodes.client_id) as client_key,
        episodes.programme_area,
        episodes.start_date as day,
        episodes.episode_id as record_key,
        1 as place
    from {{ ref('stg_caseload') }} as episodes
    left join {{ ref('stg_people') }} as people on episodes.client_id = people.client_id
    union all
    select
        coalesce(people.person_id, referrals.client_id) as client_key,
        referrals.programme_area,
        referrals.received_date as day,
        referrals.referral_id as record_key,
        2 as place
    from {{ ref('stg_referrals') }} as referrals
    left join {{ ref('stg_people') }} as people on referrals.client_id = people.client_id

),

-- The earliest referral or episode that names an area.
ranked as (

    select
        client_key,
        nullif(programme_area, 'not_known') as area,
        row_number() over (
            partition by client_key
            order by
                case when nullif(programme_area, 'not_known') is null then 1 else 0 end asc,
                day asc,
                place asc,
                record_key asc
        ) as preference
    from spoken_of

),

-- A programme of one area need not name it.
only_area as (

    select max(area) as area
    from {{ ref('areas') }}
    having count(*) = 1

)

select
    ranked.client_key,
    coalesce(ranked.area, only_area.area, 'not_known') as area
from ranked
left join only_area on 1 = 1
where ranked.preference = 1
