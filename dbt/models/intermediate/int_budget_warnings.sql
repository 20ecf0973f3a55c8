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

supported as (

    select
        client_key,
        count(*) as episodes,
        min(start_date) as first_start,
        max(coalesce(end_date, cast('9999-12-31' as date))) as last_end
    from {{ ref('fct_episodes') }}
    group by client_key

),

-- Between two episodes, which only who was supported twice can be.
between_episodes as (

    select
        spent.line_key,
        max(case when episodes.end_date is null or episodes.end_date >= spent.paid_date then 1 else 0 end) as is_supported
    from spent
    inner join supported on spent.client_key = supported.client_key and supported.episodes > 1
    inner join {{ ref('fct_episodes') }} as episodes
        on spent.client_key = episodes.client_key
            and spent.paid_date >= episodes.start_date
    group by spent.line_key

),

unsupported as (

    select
        spent.line_key,
        not coalesce(spent.paid_date >= supported.first_start, false) as is_before_start
    from spent
    left join supported on spent.client_key = supported.client_key
    left join between_episodes on spent.line_key = between_episodes.line_key
    where
        not coalesce(spent.paid_date between supported.first_start and supported.last_end, false)
        or between_episodes.is_supported = 0

),

-- Whose lines could be more than the allowance of one year at all: most people's are not.
spenders as (

    select
        spent.client_key,
        min(spent.paid_date) as first_paid
    from spent
    cross join {{ ref('stg_programme_settings') }} as settings
    group by spent.client_key
    having sum(case when spent.amount > 0 then spent.amount else 0 end) > max(settings.allowance_gbp_per_year)

),

anchored as (

    select
        spent.*,
        {{ budget_year_anchor(
            "settings.budget_year", "settings.programme_start", "settings.financial_year_start_month",
            "coalesce(supported.first_start, spenders.first_paid)"
        ) }} as anchor,
        settings.allowance_gbp_per_year
    from spent
    inner join spenders on spent.client_key = spenders.client_key
    left join supported on spent.client_key = supported.client_key
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
    case when is_before_start then 'spend_before_start' else 'spend_after_end' end as rule,
    line_key as record_key
from unsupported

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
