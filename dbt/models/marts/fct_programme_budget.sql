select
    lines.record_key as line_period_key,
    lines.line as budget_line,
    lines.period_start,
    -- Periods are clipped to the programme: money of the quarter in which it began counts from its first day.
    greatest(lines.period_start, settings.programme_start) as counted_on,
    -- An actual is of the whole quarter, and says nothing of a day within it.
    greatest(
        cast(
            {{ add_months(quarter_start('lines.period_start', 'settings.quarter_start_month'), 3) }} - interval '1 day' as date
        ),
        settings.programme_start
    ) as actual_counted_on,
    lines.budget,
    lines.actual,
    lines.forecast
from {{ ref('stg_programme_budget') }} as lines
cross join {{ ref('stg_programme_settings') }} as settings
