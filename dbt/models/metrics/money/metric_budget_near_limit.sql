with client_years as (
    select * from {{ ref('int_client_years') }}
),

payments as (
    select * from {{ ref('metric_budget_spent') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

settings as (
    select
        setting,
        cast(value as decimal(18, 2)) as gbp
    from {{ ref('programme_settings') }}
    where setting in ('budget_near_limit_gbp', 'allowance_gbp_per_year')
),

balances as (
    select
        as_at_days.as_at,
        client_years.client_key,
        client_years.year_start,
        sum(cast(payments.amount as decimal(18, 2))) as net_paid
    from as_at_days
    inner join client_years
        on as_at_days.as_at >= client_years.year_start
    inner join payments
        on
            client_years.client_key = payments.client_key
            and client_years.year_start <= payments.counted_on
            and client_years.year_end >= payments.counted_on
            and as_at_days.as_at >= payments.counted_on
    group by
        as_at_days.as_at,
        client_years.client_key,
        client_years.year_start
)

select
    balances.client_key,
    cast(null as string) as episode_key,
    balances.as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    case
        when settings.setting = 'budget_near_limit_gbp' then 'over_900'
        else 'over_1000'
    end as budget_limit
from balances
-- To the penny on the limit is not over it.
inner join settings
    on balances.net_paid > settings.gbp
