with payments as (
    select * from {{ ref('metric_budget_spent') }}
),

spells as (
    select * from {{ ref('int_support_spells') }}
),

years as (
    select * from {{ ref('dim_periods') }}
    where period_type = 'year'
),

settings as (
    select
        cast(max(case when setting = 'allowance_gbp_per_year' then value end) as double) as allowance,
        cast(max(case when setting = 'financial_year_start_month' then value end) as integer) as first_month
    from {{ ref('programme_settings') }}
),

-- Months of the year's allowance for each spell open at the end of at least one day of the year: all twelve for people
-- open before the year began, for joiners those from the month of their start on. Who leaves keeps the allowance.
spells_by_year as (
    select
        years.period_end,
        spells.client_key,
        settings.allowance,
        case
            when spells.start_date < years.period_start then 12
            else 12 - (extract(month from spells.start_date) - settings.first_month + 12) % 12
        end as months
    from years
    inner join spells
        on
            years.period_end >= spells.start_date
            and (
                spells.end_date is null
                or (years.period_start < spells.end_date and spells.end_date > spells.start_date)
            )
    cross join settings
),

-- Somebody who left and came back within the year has one allowance, the larger.
allowances as (
    select
        period_end,
        client_key,
        round(max(months) * max(allowance) / 12, 6) as allowance
    from spells_by_year
    group by
        period_end,
        client_key
),

paid as (
    select
        years.period_end,
        payments.client_key,
        sum(cast(payments.amount as decimal(18, 2))) as paid
    from years
    inner join payments
        on
            years.period_start <= payments.counted_on
            and years.period_end >= payments.counted_on
    group by
        years.period_end,
        payments.client_key
)

select
    coalesce(allowances.client_key, paid.client_key) as client_key,
    cast(null as string) as episode_key,
    coalesce(allowances.period_end, paid.period_end) as counted_on,
    'year' as period_type,
    cast(coalesce(paid.paid, 0) as double) as amount,
    -- Money paid in a year after the person left is spending without an allowance.
    coalesce(allowances.allowance, cast(0 as double)) as out_of
from allowances
full outer join paid
    on
        allowances.client_key = paid.client_key
        and allowances.period_end = paid.period_end
