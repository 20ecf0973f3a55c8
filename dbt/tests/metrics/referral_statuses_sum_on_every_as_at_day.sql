-- On every as-at day and in every borough each referral received by then stands in one status and only one.
-- Counted from the contributions, because tables of figures are due at quarter ends only.

with received as (
    select
        as_at_days.as_at,
        referrals.borough,
        count(*) as referrals
    from {{ ref('dim_as_at_days') }} as as_at_days
    inner join {{ ref('metric_referrals_received') }} as referrals
        on as_at_days.as_at >= referrals.counted_on
    group by
        as_at_days.as_at,
        referrals.borough
),

statuses as (
    select
        counted_on as as_at,
        borough,
        count(*) as referrals
    from {{ ref('metric_referral_status') }}
    group by
        counted_on,
        borough
)

select
    received.as_at,
    received.borough,
    received.referrals as received,
    statuses.referrals as with_a_status
from received
full outer join statuses
    on
        received.as_at = statuses.as_at
        and received.borough = statuses.borough
where
    received.referrals is null
    or statuses.referrals is null
    or received.referrals <> statuses.referrals
