-- Where each referral stood at the end of each as-at day: one row a referral and day, from the day it was received on.
-- What was decided later is not yet known on an earlier day, so that past figures stay what they were.

with referrals as (
    select * from {{ ref('fct_referrals') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
)

select
    as_at_days.as_at,
    referrals.referral_key,
    referrals.client_key,
    referrals.borough,
    referrals.referrer_sector,
    case
        -- Nothing is known yet. A decision without a date is taken as made on the day of receipt.
        when coalesce(referrals.decision_date, referrals.received_date) > as_at_days.as_at then 'awaiting'
        when referrals.decision = 'pending' then 'awaiting'
        when referrals.decision is not null then referrals.decision
        -- A day of decision without a decision: something was decided, and nobody wrote what.
        when referrals.decision_date is not null then 'not_stated'
        else 'awaiting'
    end as status
from as_at_days
inner join referrals
    on as_at_days.as_at >= referrals.received_date
