-- Budget years of clients: those in which a client was open at the end of at least one day, with their allowance, and
-- those in which only money moved, without one. Which day they begin on is the setting budget_year. Everything after the
-- latest as-at day is left out, so that a year still running is there with what is known of it.

with payments as (
    select * from {{ ref('metric_budget_spent') }}
),

spells as (
    select * from {{ ref('int_support_spells') }}
),

latest as (
    select as_at from {{ ref('dim_as_at_days') }}
    where is_latest
),

settings as (
    select
        cast(max(case when setting = 'allowance_gbp_per_year' then value end) as double) as allowance,
        cast(max(case when setting = 'financial_year_start_month' then value end) as integer) as first_month,
        cast(max(case when setting = 'programme_start' then value end) as date) as programme_start,
        coalesce(max(case when setting = 'budget_year' then value end), 'april') as budget_year
    from {{ ref('programme_settings') }}
),

days_known as (
    select
        client_key,
        start_date as first_start,
        cast(null as date) as first_payment
    from spells
    union all
    select
        client_key,
        cast(null as date) as first_start,
        counted_on as first_payment
    from payments
),

-- Who was paid for and never started has years of their own from the first payment on.
people as (
    select
        client_key,
        coalesce(min(first_start), min(first_payment)) as first_day
    from days_known
    group by client_key
),

anchors as (
    select
        people.client_key,
        latest.as_at,
        settings.allowance,
        settings.programme_start,
        settings.budget_year,
        {{ budget_year_anchor("settings.budget_year", "settings.programme_start", "settings.first_month", "people.first_day") }}
            as anchor
    from people
    cross join settings
    cross join latest
),

-- As many budget years as the programme has had years of any kind: nobody can have more.
year_numbers as (
    select cast(row_number() over (order by period_start) - 1 as integer) as year_number
    from {{ ref('dim_periods') }}
    where period_type = 'year'
),

years as (
    select
        anchors.*,
        year_numbers.year_number,
        {{ add_months("anchors.anchor", "12 * year_numbers.year_number") }} as year_start,
        {{ add_months("anchors.anchor", "12 * (year_numbers.year_number + 1)") }} as next_start
    from anchors
    cross join year_numbers
),

-- Months of the allowance for each spell open in the year: all twelve for who was open before it began, for who starts
-- within it those from the month of the start on. Years that run from the client's own start are whole. Who leaves keeps
-- the allowance.
spell_years as (
    select
        years.client_key,
        years.year_number,
        years.allowance,
        case
            when years.budget_year = 'anniversary' or spells.start_date < years.year_start then 12
            else
                12
                - 12 * (extract(year from spells.start_date) - extract(year from years.year_start))
                - (extract(month from spells.start_date) - extract(month from years.year_start))
                + case when extract(day from spells.start_date) < extract(day from years.year_start) then 1 else 0 end
        end as months
    from years
    inner join spells
        on
            years.client_key = spells.client_key
            and years.next_start > spells.start_date
            and years.as_at >= spells.start_date
            and years.as_at >= years.year_start
            and (
                spells.end_date is null
                or (years.year_start < spells.end_date and spells.end_date > spells.start_date)
            )
),

payment_years as (
    select
        anchors.client_key,
        {{ anniversaries("anchors.anchor", "payments.counted_on") }} as year_number
    from anchors
    inner join payments
        on
            anchors.client_key = payments.client_key
            and anchors.as_at >= payments.counted_on
),

-- Somebody who left and came back within the year has one allowance, the larger.
client_years as (
    select
        client_key,
        year_number,
        round(max(months) * max(allowance) / 12, 2) as allowance
    from spell_years
    group by
        client_key,
        year_number
    union all
    select
        client_key,
        year_number,
        cast(0 as double) as allowance
    from payment_years
),

one_a_year as (
    select
        client_key,
        year_number,
        max(allowance) as allowance
    from client_years
    group by
        client_key,
        year_number
)

select
    one_a_year.client_key,
    -- As for the other years of the programme, the first begins with the programme.
    greatest(
        {{ add_months("anchors.anchor", "12 * one_a_year.year_number") }}, anchors.programme_start
    ) as year_start,
    cast(
        {{ add_months("anchors.anchor", "12 * (one_a_year.year_number + 1)") }} - interval '1' day as date
    ) as year_end,
    one_a_year.allowance
from one_a_year
inner join anchors
    on one_a_year.client_key = anchors.client_key
where anchors.anchor is not null
