with referral_status as (
    select * from {{ ref('int_referral_status') }}
),

referrals as (
    select * from {{ ref('fct_referrals') }}
),

referrals_by_day as (
    select
        referral_status.as_at,
        referral_status.client_key,
        referral_status.borough,
        referral_status.status,
        referrals.received_date,
        case when referral_status.status <> 'awaiting' then referrals.decision_date end as closed_on
    from referral_status
    inner join referrals
        on referral_status.referral_key = referrals.referral_key
    where
        -- Known to be a second copy, a referral waits for nothing; until then it waits like any other.
        referral_status.status <> 'duplicate'
        -- Closed on a day that nobody wrote down: neither a wait that is over nor one that goes on.
        and (referral_status.status = 'awaiting' or referrals.decision_date is not null)
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast({{ days_between('received_date', 'coalesce(closed_on, as_at)') }} as double) as amount,
    case
        when status = 'awaiting' then 'waiting'
        -- The client's side ended the wait before the programme decided.
        when status in ('declined_by_client', 'withdrawn') then 'competing'
        else 'event'
    end as outcome,
    borough
from referrals_by_day
