with spells as (
    select * from {{ ref('int_support_spells') }}
),

client_years as (
    select * from {{ ref('int_client_years') }}
),

payments as (
    select * from {{ ref('metric_budget_spent') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

settings as (
    select cast(max(case when setting = 'allowance_gbp_per_year' then value end) as decimal(18, 2)) as allowance
    from {{ ref('programme_settings') }}
),

-- The budget year that holds the day, of everybody open on it: whoever is open has one.
open_years as (
    select
        as_at_days.as_at,
        spells.client_key,
        client_years.year_start
    from as_at_days
    inner join spells
        on
            as_at_days.as_at >= spells.start_date
            and (spells.end_date is null or as_at_days.as_at < spells.end_date)
    inner join client_years
        on
            spells.client_key = client_years.client_key
            and as_at_days.as_at >= client_years.year_start
            and as_at_days.as_at <= client_years.year_end
),

balances as (
    select
        open_years.as_at,
        open_years.client_key,
        coalesce(sum(cast(payments.amount as decimal(18, 2))), 0) as net_paid
    from open_years
    left join payments
        on
            open_years.client_key = payments.client_key
            and open_years.year_start <= payments.counted_on
            and open_years.as_at >= payments.counted_on
    group by
        open_years.as_at,
        open_years.client_key
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(net_paid as double) as amount,
    cast(null as double) as out_of,
    'paid' as commitment
from balances
union all
select
    balances.client_key,
    cast(null as string) as episode_key,
    balances.as_at as counted_on,
    cast(settings.allowance - balances.net_paid as double) as amount,
    cast(null as double) as out_of,
    'left' as commitment
from balances
cross join settings
