-- Possible but odd episodes of the current extract: one row for each rule and episode.
with

episodes as (

    select
        episodes.episode_key,
        episodes.client_key,
        episodes.referral_key,
        episodes.start_date,
        episodes.end_date,
        episodes.domains_evidenced,
        episodes.eligibility_override_reason,
        caseload.referral_id as linked_referral_id,
        caseload.destination as stated_destination,
        referrals.received_date
    from {{ ref('fct_episodes') }} as episodes
    inner join {{ ref('stg_caseload') }} as caseload on episodes.episode_key = caseload.episode_id
    left join {{ ref('fct_referrals') }} as referrals on episodes.referral_key = referrals.referral_key

),

refused as (

    select distinct record_key as referral_id
    from {{ ref('fct_rejected_rows') }}
    where export = 'referrals' and is_open and not row_is_kept

)

select
    'fewer_needs_than_entry_rule' as rule,
    episodes.episode_key as record_key
from episodes
cross join {{ ref('stg_programme_settings') }} as settings
where
    episodes.referral_key is not null
    and episodes.domains_evidenced < settings.needs_threshold
    and episodes.eligibility_override_reason is null

union all

select
    'destination_without_end' as rule,
    episode_key as record_key
from episodes
where end_date is null and stated_destination is not null

union all

select
    'end_without_destination' as rule,
    episode_key as record_key
from episodes
where end_date is not null and stated_destination is null

union all

select
    'overlapping_episodes' as rule,
    episode_key as record_key
from {{ ref('int_overlapping_episodes') }}

union all

select
    'start_before_referral' as rule,
    episode_key as record_key
from episodes
where start_date < received_date

union all

-- A referral that was rejected is known, and corrected elsewhere than in the caseload.
select
    case when refused.referral_id is null then 'referral_not_found' else 'referral_refused' end as rule,
    episodes.episode_key as record_key
from episodes
left join refused on episodes.linked_referral_id = refused.referral_id
where episodes.linked_referral_id is not null and episodes.linked_referral_id <> coalesce(episodes.referral_key, '')
