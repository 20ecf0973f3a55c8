-- Everybody in a known load of referrals or caseload, under every reference of the person. A star or budget line of
-- anybody else is rejected until the client arrives.
with

on_caseload as (

    select distinct client_id
    from {{ ref('base_caseload') }}
    where client_id is not null

),

everybody as (

    select client_id from {{ ref('stg_referred_clients') }}
    union
    select client_id from on_caseload
    union
    -- The other references of people on the caseload.
    select others.client_id
    from on_caseload
    inner join {{ ref('stg_people') }} as people on on_caseload.client_id = people.client_id
    inner join {{ ref('stg_people') }} as others on people.person_id = others.person_id

)

select
    everybody.client_id,
    cast(
        coalesce(referred.first_received_date, settings.programme_start)
        - settings.star_days_before_referral as date
    ) as earliest_star_date
from everybody
cross join {{ ref('stg_programme_settings') }} as settings
left join {{ ref('stg_referred_clients') }} as referred on everybody.client_id = referred.client_id
