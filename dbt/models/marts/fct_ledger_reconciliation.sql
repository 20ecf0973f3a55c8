-- Personal budgets twice over, quarter by quarter: what the lines of clients come to, and what finance has as the actual
-- of its budget line. The two come from different systems and are seldom equal to the penny; the difference is shown and
-- explained, never split among clients.
with

paid_days as (

    select
        lines.paid_date,
        sum(lines.amount) as paid_gbp,
        count(*) as lines_paid
    from {{ ref('fct_budget_lines') }} as lines
    cross join {{ source('landing', 'control') }} as control
    where lines.status in ('paid', 'refunded') and lines.paid_date <= control.as_at
    group by lines.paid_date

),

paid as (

    select
        {{ quarter_start('days.paid_date', 'settings.quarter_start_month') }} as quarter_start,
        sum(days.paid_gbp) as paid_gbp,
        sum(days.lines_paid) as lines_paid
    from paid_days as days
    cross join {{ ref('stg_programme_settings') }} as settings
    group by {{ quarter_start('days.paid_date', 'settings.quarter_start_month') }}

),

ledger as (

    select
        {{ quarter_start('budget.period_start', 'settings.quarter_start_month') }} as quarter_start,
        -- A quarter is closed once it is over and each of its periods is.
        case when count(budget.actual) = count(*) then sum(budget.actual) end as ledger_gbp
    from {{ ref('fct_programme_budget') }} as budget
    inner join {{ ref('stg_programme_settings') }} as settings
        on lower(trim(budget.budget_line)) = lower(trim(settings.personal_budget_line))
    inner join {{ source('landing', 'control') }} as control on budget.actual_counted_on <= control.as_at
    group by {{ quarter_start('budget.period_start', 'settings.quarter_start_month') }}

),

quarters as (

    select quarter_start from paid
    union
    select quarter_start from ledger
    where ledger_gbp is not null

)

select
    quarters.quarter_start,
    cast({{ add_months('quarters.quarter_start', 3) }} - interval '1' day as date) as quarter_end,
    cast(coalesce(paid.lines_paid, 0) as integer) as lines_paid,
    cast(coalesce(paid.paid_gbp, 0) as decimal(12, 2)) as paid_gbp,
    cast(ledger.ledger_gbp as decimal(12, 2)) as ledger_gbp,
    cast(coalesce(paid.paid_gbp, 0) - ledger.ledger_gbp as decimal(12, 2)) as difference_gbp
from quarters
left join paid on quarters.quarter_start = paid.quarter_start
left join ledger on quarters.quarter_start = ledger.quarter_start
