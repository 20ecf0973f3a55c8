-- Possible but odd budget lines of the current extract: one row for each rule and line. over_allowance stands once for
-- a client and budget year, at the line that first took the year over the allowance.
with

spent as (

    select
        line_key,
        client_key,
        paid_date,
        amount
    from {{ ref('fct_budget_lines') }}
    where status in ('paid', 'refunded')

),

support as (

    select
        spent.line_key,
        count(episodes.episode_key) as episodes_started,
        max(case when episodes.end_date is null or episodes.end_date >= spent.paid_date then 1 else 0 end) as is_supported
    from spent
    left join {{ ref('fct_episodes') }} as episodes
        on spent.client_key = episodes.client_key
            and spent.paid_date >= episodes.start_date
    group by spent.line_key

),

first_days as (

    select
        spent.client_key,
        coalesce(min(episodes.start_date), min(spent.paid_date)) as first_day
    from spent
    left join {{ ref('fct_episodes') }} as episodes on spent.client_key = episodes.client_key
    group by spent.client_key

),

anchored as (

    select
        spent.*,
        {{ budget_year_anchor(
            "settings.budget_year", "settings.programme_start", "settings.financial_year_start_month", "first_days.first_day"
        ) }} as anchor,
        settings.allowance_gbp_per_year
    from spent
    inner join first_days on spent.client_key = first_days.client_key
    cross join {{ ref('stg_programme_settings') }} as settings

),

dated as (

    select
        anchored.*,
        {{ anniversaries("anchor", "paid_date") }} as budget_year
    from anchored

),

running as (

    select
        line_key,
        client_key,
        budget_year,
        paid_date,
        allowance_gbp_per_year,
        sum(amount) over (partition by client_key, budget_year) as net_paid,
        sum(amount) over (
            partition by client_key, budget_year
            order by paid_date, line_key
            rows between unbounded preceding and current row
        ) as paid_so_far
    from dated

),

over_allowance as (

    select
        line_key,
        row_number() over (partition by client_key, budget_year order by paid_date, line_key) as place
    from running
    where net_paid > allowance_gbp_per_year and paid_so_far > allowance_gbp_per_year

)

select
    case when episodes_started = 0 then 'spend_before_start' else 'spend_after_end' end as rule,
    line_key as record_key
from support
where episodes_started = 0 or is_supported = 0

union all

select
    'over_allowance' as rule,
    line_key as record_key
from over_allowance
where place = 1

union all

select
    'refund_not_negative' as rule,
    line_key as record_key
from {{ ref('fct_budget_lines') }}
where status = 'refunded' and amount >= 0

union all

select
    'line_without_date' as rule,
    line_key as record_key
from {{ ref('fct_budget_lines') }}
where paid_date is null and agreed_date is null and requested_date is null
