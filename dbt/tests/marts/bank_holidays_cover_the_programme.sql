-- The bank holidays reach from the programme's first year to the year of the as-at day: a year without them would have
-- too many working days.
select
    min(days.day) as first_day,
    max(days.day) as last_day
from {{ ref('dim_days') }} as days
having
    extract(year from min(days.day)) < (select extract(year from min(holiday_date)) from {{ ref('bank_holidays') }})
    or extract(year from max(days.day)) > (select extract(year from max(holiday_date)) from {{ ref('bank_holidays') }})
