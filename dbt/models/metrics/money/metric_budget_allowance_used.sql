with client_years as (
    select * from {{ ref('int_client_years') }}
),

payments as (
    select * from {{ ref('metric_budget_spent') }}
),

latest as (
    select as_at from {{ ref('dim_as_at_days') }}
    where is_latest
),

years as (
    select * from {{ ref('dim_periods') }}
    where period_type = 'year'
),

paid as (
    select
        client_years.client_key,
        client_years.year_start,
        sum(cast(payments.amount as decimal(18, 2))) as paid
    from client_years
    inner join payments
        on
            client_years.client_key = payments.client_key
            and client_years.year_start <= payments.counted_on
            and client_years.year_end >= payments.counted_on
    inner join latest
        on payments.counted_on <= latest.as_at
    group by
        client_years.client_key,
        client_years.year_start
)

select
    client_years.client_key,
    cast(null as string) as episode_key,
    -- A client's own year stands where it began, whole, also if it runs on into the next.
    years.period_end as counted_on,
    'year' as period_type,
    cast(coalesce(paid.paid, 0) as double) as amount,
    -- Money paid in a year after the person left is spending without an allowance.
    client_years.allowance as out_of
from client_years
inner join years
    on
        client_years.year_start >= years.period_start
        and client_years.year_start <= years.period_end
left join paid
    on
        client_years.client_key = paid.client_key
        and client_years.year_start = paid.year_start
