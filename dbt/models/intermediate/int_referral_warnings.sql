-- Possible but odd referrals of the current extract: one row for each rule and referral.
select
    'decision_without_date' as rule,
    referral_key as record_key
from {{ ref('fct_referrals') }}
where decision_date is null and decision not in ('pending', 'not_stated')

union all

select
    'decision_date_without_decision' as rule,
    referral_key as record_key
from {{ ref('fct_referrals') }}
where decision_date is not null and decision is null
