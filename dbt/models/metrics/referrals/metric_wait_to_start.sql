with referral_status as (
    select * from {{ ref('int_referral_status') }}
),

referrals as (
    select * from {{ ref('fct_referrals') }}
),

episodes as (
    select * from {{ ref('fct_episodes') }}
),

starts as (
    select
        referral_key,
        min(start_date) as first_start
    from episodes
    where referral_key is not null
    group by referral_key
),

referrals_by_day as (
    select
        referral_status.as_at,
        referral_status.client_key,
        referral_status.borough,
        referrals.received_date,
        referrals.decision_date,
        case when starts.first_start <= referral_status.as_at then starts.first_start end as started_on,
        referral_status.status in (
            'not_eligible', 'declined_by_client', 'withdrawn', 'signposted', 'not_stated'
        ) as is_closed
    from referral_status
    inner join referrals
        on referral_status.referral_key = referrals.referral_key
    left join starts
        on referral_status.referral_key = starts.referral_key
    -- Known to be a second copy, a referral waits for nothing; until then it waits like any other.
    where referral_status.status <> 'duplicate'
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    -- Started before the referral was received on paper: no wait.
    cast(greatest(
        {{ days_between('received_date', 'coalesce(started_on, case when is_closed then decision_date end, as_at)') }}, 0
    ) as double) as amount,
    case
        when started_on is not null then 'event'
        when is_closed then 'competing'
        else 'waiting'
    end as outcome,
    borough
from referrals_by_day
-- Closed on a day that nobody wrote down: neither a wait that is over nor one that goes on.
where
    started_on is not null
    or not is_closed
    or decision_date is not null
