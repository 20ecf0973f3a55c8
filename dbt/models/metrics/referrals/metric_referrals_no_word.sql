with referral_status as (
    select * from {{ ref('int_referral_status') }}
),

referrals as (
    select * from {{ ref('fct_referrals') }}
),

without_word as (
    select
        referral_status.as_at,
        referral_status.client_key,
        {{ days_between('referrals.received_date', 'referral_status.as_at') }} as days_since_received
    from referral_status
    inner join referrals
        on referral_status.referral_key = referrals.referral_key
    where
        referral_status.status = 'awaiting'
        and (referrals.feedback_date is null or referrals.feedback_date > referral_status.as_at)
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    case
        when days_since_received > 84 then 'over_84'
        when days_since_received > 56 then 'over_56'
        else 'over_28'
    end as days_without_word
from without_word
where days_since_received > 28
