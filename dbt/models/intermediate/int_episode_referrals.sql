-- Which referral each episode goes back to: the one that the system links, if it is the client's own and known; else
-- the client's latest referral received on or before the start.
-- A person's referrals and episodes may bear different references.
with

referrals as (

    select
        referrals.referral_id,
        coalesce(people.person_id, referrals.client_id) as person_id,
        referrals.received_date
    from {{ ref('stg_referrals') }} as referrals
    left join {{ ref('stg_people') }} as people on referrals.client_id = people.client_id

),

episodes as (

    select
        episodes.episode_id,
        coalesce(people.person_id, episodes.client_id) as person_id,
        episodes.referral_id,
        episodes.start_date
    from {{ ref('stg_caseload') }} as episodes
    left join {{ ref('stg_people') }} as people on episodes.client_id = people.client_id

),

candidates as (

    select
        episodes.episode_id,
        episodes.person_id,
        referrals.referral_id,
        coalesce(episodes.referral_id = referrals.referral_id, false) as is_linked,
        referrals.received_date <= episodes.start_date as is_before_start,
        referrals.received_date
    from episodes
    inner join referrals on episodes.person_id = referrals.person_id

)

select
    episode_id,
    person_id as client_key,
    coalesce(
        max(case when is_linked then referral_id end),
        max_by(referral_id, concat(cast(received_date as string), referral_id))
    ) as referral_id
from candidates
where is_linked or is_before_start
group by
    episode_id,
    person_id
