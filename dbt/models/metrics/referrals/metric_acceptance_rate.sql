with referral_status as (
    select * from {{ ref('int_referral_status') }}
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    'programme' as period_type,
    case when status = 'accepted' then cast(1 as double) else cast(0 as double) end as amount,
    cast(1 as double) as out_of,
    borough,
    referrer_sector
from referral_status
-- Decided: duplicates, referrals awaiting a decision and those without a stated decision are left out.
where status in ('accepted', 'not_eligible', 'declined_by_client', 'withdrawn', 'signposted')
