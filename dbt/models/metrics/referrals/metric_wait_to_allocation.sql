with referral_status as (
    select * from {{ ref('int_referral_status') }}
),

referrals as (
    select * from {{ ref('fct_referrals') }}
),

episodes as (
    select * from {{ ref('fct_episodes') }}
),

accepted as (
    select
        referral_status.as_at,
        referral_status.referral_key,
        referral_status.client_key,
        referral_status.borough,
        referrals.decision_date
    from referral_status
    inner join referrals
        on referral_status.referral_key = referrals.referral_key
    where
        referral_status.status = 'accepted'
        and referrals.decision_date is not null
),

-- What the episodes that go back to the referral say of it by the as-at day.
with_episodes as (
    select
        accepted.as_at,
        accepted.referral_key,
        accepted.client_key,
        accepted.borough,
        accepted.decision_date,
        min(case when episodes.allocated_date <= accepted.as_at then episodes.allocated_date end) as allocated_on,
        max(case when episodes.start_date <= accepted.as_at then episodes.end_date end) as last_end,
        max(case
            when episodes.start_date > accepted.as_at then 0
            when episodes.end_date <= accepted.as_at then 0
            when episodes.start_date is not null then 1
            else 0
        end) as is_open
    from accepted
    left join episodes
        on accepted.referral_key = episodes.referral_key
    group by
        accepted.as_at,
        accepted.referral_key,
        accepted.client_key,
        accepted.borough,
        accepted.decision_date
),

waits as (
    select
        as_at,
        client_key,
        borough,
        decision_date,
        allocated_on,
        -- All support ended before anybody was allocated: the wait can no longer come to what it was for.
        case when allocated_on is null and is_open = 0 then last_end end as ended_on
    from with_episodes
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    -- Allocated before the decision was written down: no wait.
    cast(greatest({{ days_between('decision_date', 'coalesce(allocated_on, ended_on, as_at)') }}, 0) as double) as amount,
    case
        when allocated_on is not null then 'event'
        when ended_on is not null then 'competing'
        else 'waiting'
    end as outcome,
    borough
from waits
