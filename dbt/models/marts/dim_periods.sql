with

calendar as (

    select
        'month' as period_type,
        months.month_start as natural_start,
        1 as months_long
    from {{ ref('int_months') }} as months

    union all

    select distinct
        'quarter' as period_type,
        {{ quarter_start('months.month_start', 'settings.quarter_start_month') }} as natural_start,
        3 as months_long
    from {{ ref('int_months') }} as months
    cross join {{ ref('stg_programme_settings') }} as settings

    union all

    select distinct
        'year' as period_type,
        {{ financial_year_start('months.month_start', 'settings.financial_year_start_month') }} as natural_start,
        12 as months_long
    from {{ ref('int_months') }} as months
    cross join {{ ref('stg_programme_settings') }} as settings

),

whole as (

    select
        calendar.period_type,
        calendar.natural_start,
        cast({{ add_months('calendar.natural_start', 'calendar.months_long') }} - interval '1' day as date) as natural_end
    from calendar

)

select
    whole.period_type,
    greatest(whole.natural_start, settings.programme_start) as period_start,
    least(whole.natural_end, control.as_at) as period_end,
    whole.natural_end <= control.as_at as is_complete
from whole
cross join {{ ref('stg_programme_settings') }} as settings
cross join {{ source('landing', 'control') }} as control

union all

select
    'as_at' as period_type,
    days.as_at as period_start,
    days.as_at as period_end,
    true as is_complete
from {{ ref('dim_as_at_days') }} as days

union all

select
    'programme' as period_type,
    settings.programme_start as period_start,
    days.as_at as period_end,
    true as is_complete
from {{ ref('dim_as_at_days') }} as days
cross join {{ ref('stg_programme_settings') }} as settings
where days.as_at >= settings.programme_start
