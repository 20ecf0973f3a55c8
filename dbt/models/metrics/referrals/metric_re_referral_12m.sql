with spells as (
    select * from {{ ref('int_support_spells') }}
),

referrals as (
    select * from {{ ref('fct_referrals') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- Every end but deaths, and whether a referral came in the 365 days after it.
ends_of_support as (
    select
        spells.client_key,
        spells.spell_number,
        spells.end_date,
        max(case when referrals.referral_key is null then 0 else 1 end) as came_back
    from spells
    left join referrals
        on
            spells.client_key = referrals.client_key
            and spells.end_date < referrals.received_date
            and spells.end_date + 365 * interval '1' day >= referrals.received_date
    where
        spells.end_date is not null
        and spells.cohort_status_at_end <> 'died'
    group by
        spells.client_key,
        spells.spell_number,
        spells.end_date
)

select
    ends_of_support.client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    'programme' as period_type,
    cast(max(ends_of_support.came_back) as double) as amount,
    cast(1 as double) as out_of
from as_at_days
inner join ends_of_support
    on as_at_days.as_at >= {{ add_months('ends_of_support.end_date', 12) }}
group by
    as_at_days.as_at,
    ends_of_support.client_key
