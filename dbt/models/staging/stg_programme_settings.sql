select
    cast(max(case when setting = 'programme_start' then value end) as date) as programme_start,
    cast(max(case when setting = 'two_digit_year_pivot' then value end) as integer) as two_digit_year_pivot,
    cast(max(case when setting = 'financial_year_start_month' then value end) as integer) as financial_year_start_month,
    coalesce(cast(max(case when setting = 'quarter_start_month' then value end) as integer), 1) as quarter_start_month,
    cast(max(case when setting = 'needs_threshold' then value end) as integer) as needs_threshold,
    cast(max(case when setting = 'allowance_gbp_per_year' then value end) as decimal(12, 2)) as allowance_gbp_per_year,
    coalesce(max(case when setting = 'budget_year' then value end), 'april') as budget_year,
    coalesce(max(case when setting = 'personal_budget_line' then value end), 'Personal budgets') as personal_budget_line,
    cast(max(case when setting = 'star_minimum_areas' then value end) as integer) as star_minimum_areas,
    cast(max(case when setting = 'star_days_before_referral' then value end) as integer) as star_days_before_referral,
    coalesce(
        cast(max(case when setting = 'ndta_risk_items_are_doubled' then value end) as boolean), true
    ) as ndta_risk_items_are_doubled,
    cast(max(case when setting = 'stale_open_after_days' then value end) as integer) as stale_open_after_days
from {{ ref('programme_settings') }}
