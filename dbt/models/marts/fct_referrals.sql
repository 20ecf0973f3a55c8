with

needs as (

    select
        referral_id,
        sum(case when answer = 'yes' then 1 else 0 end) as domain_count,
        sum(case when answer = 'unknown' then 1 else 0 end) as domains_unknown
    from {{ ref('int_referral_needs') }}
    group by referral_id

)

select
    referrals.referral_id as referral_key,
    coalesce(people.person_id, referrals.client_id) as client_key,
    referrals.received_date,
    coalesce(referrals.referrer_sector, 'not_known') as referrer_sector,
    referrals.borough,
    referrals.decision,
    referrals.decision_date,
    referrals.feedback_date,
    cast(needs.domain_count as integer) as domain_count,
    cast(needs.domains_unknown as integer) as domains_unknown
from {{ ref('stg_referrals') }} as referrals
inner join needs on referrals.referral_id = needs.referral_id
left join {{ ref('stg_people') }} as people on referrals.client_id = people.client_id
