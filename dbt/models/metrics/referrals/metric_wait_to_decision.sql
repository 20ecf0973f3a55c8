with referrals as (
    select * from {{ ref('fct_referrals') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

referrals_by_day as (
    select
        as_at_days.as_at,
        referrals.client_key,
        referrals.borough,
        referrals.received_date,
        -- Pending is no decision, whatever day stands beside it. A day alone says that something was decided.
        case when coalesce(referrals.decision, 'not_stated') <> 'pending' then referrals.decision_date end as decided_on
    from as_at_days
    inner join referrals
        on as_at_days.as_at >= referrals.received_date
    where
        -- A second copy of a referral waits for nothing.
        coalesce(referrals.decision, 'not_stated') <> 'duplicate'
        -- Decided on a day that nobody wrote down: neither a wait that is over nor one that goes on.
        and (referrals.decision_date is not null or coalesce(referrals.decision, 'pending') = 'pending')
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast({{ days_between('received_date', 'case when decided_on <= as_at then decided_on else as_at end') }} as double) as amount,
    case when decided_on <= as_at then 'event' else 'waiting' end as outcome,
    borough
from referrals_by_day
