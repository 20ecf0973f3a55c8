with referrals as (
    select * from {{ ref('fct_referrals') }}
),

needs as (
    select * from {{ ref('bridge_referral_needs') }}
)

-- The referral as a whole.
select
    client_key,
    cast(null as string) as episode_key,
    received_date as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    cast(null as string) as need_domain,
    cast(null as string) as answer,
    case
        -- What is not known of one domain may be a need: nobody can say how many there are.
        when domains_unknown > 0 then 'not_known'
        else cast(domain_count as string)
    end as domain_count
from referrals
union all
-- Its five answers. Each row stands only in the tables that name its breakdowns, so that a referral counts once there.
select
    referrals.client_key,
    cast(null as string) as episode_key,
    referrals.received_date as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    needs.need_domain,
    needs.answer,
    cast(null as string) as domain_count
from referrals
inner join needs
    on referrals.referral_key = needs.referral_key
