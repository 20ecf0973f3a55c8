-- Who was ever referred, as far as known, under any reference of the person, with the person's first day. The first day
-- counts the referrals that figures rest on only, so that a date that was corrected since does not linger.
with

referrals as (

    select
        client_id,
        cast(null as date) as received_date
    from {{ ref('base_referrals') }}
    where client_id is not null
    union all
    select
        client_id,
        received_date
    from {{ ref('stg_referrals') }}

),

people_referred as (

    select
        coalesce(people.person_id, referrals.client_id) as person_id,
        min(referrals.received_date) as first_received_date
    from referrals
    left join {{ ref('stg_people') }} as people on referrals.client_id = people.client_id
    group by coalesce(people.person_id, referrals.client_id)

),

named as (

    select
        client_id,
        person_id
    from {{ ref('stg_people') }}
    union
    -- A person without a link is called by the only reference; one with links is in the list above.
    select
        person_id as client_id,
        person_id
    from people_referred

)

select
    named.client_id,
    people_referred.first_received_date
from people_referred
inner join named on people_referred.person_id = named.person_id
