with

needs as (

    select
        links.episode_id,
        links.referral_id,
        referrals.domain_count,
        referrals.domains_unknown
    from {{ ref('int_episode_referrals') }} as links
    inner join {{ ref('fct_referrals') }} as referrals on links.referral_id = referrals.referral_key

)

select
    episodes.episode_id as episode_key,
    coalesce(people.person_id, episodes.client_id) as client_key,
    needs.referral_id as referral_key,
    episodes.start_date,
    episodes.end_date,
    episodes.allocated_date,
    episodes.first_contact_date,
    case when episodes.end_date is not null then coalesce(episodes.destination, 'not_known') end as destination,
    case when episodes.end_date is not null then coalesce(destinations.cohort_status, 'other') end as cohort_status_at_end,
    episodes.borough,
    coalesce(episodes.sex, 'not_known') as sex,
    coalesce(episodes.age_band, 'not_known') as age_band,
    coalesce(ethnicities.ethnicity_group, 'not_known') as ethnicity_group,
    case
        -- What is not known of one domain may be a need.
        when needs.domains_unknown = 0 then cast(needs.domain_count as string)
        else 'not_known'
    end as domain_count,
    coalesce(needs.domain_count, 0) as domains_evidenced,
    concat(
        cast(extract(year from episodes.start_date) as string),
        case when extract(month from episodes.start_date) <= 6 then '-H1' else '-H2' end
    ) as start_cohort,
    episodes.eligibility_override_reason,
    coalesce(consents.is_withdrawn, false) as is_consent_withdrawn,
    episodes.lead_worker_id as lead_worker_key,
    episodes.second_worker_id as second_worker_key,
    episodes.third_worker_id as third_worker_key
from {{ ref('stg_caseload') }} as episodes
left join {{ ref('stg_people') }} as people on episodes.client_id = people.client_id
left join {{ ref('int_consents') }} as consents on coalesce(people.person_id, episodes.client_id) = consents.client_key
left join needs on episodes.episode_id = needs.episode_id
left join {{ ref('destinations') }} as destinations on episodes.destination = destinations.destination
left join {{ ref('ethnicity_groups') }} as ethnicities on episodes.ethnicity = ethnicities.ethnicity
