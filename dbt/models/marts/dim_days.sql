-- Working days are Monday to Friday without the bank holidays of England and Wales. The number of working days after
-- one day, up to and with another, is the difference of their running numbers.
with

days as (

    select cast(months.month_start + numbers.number * interval '1' day as date) as day
    from {{ ref('int_months') }} as months
    cross join {{ ref('int_numbers') }} as numbers
    where
        numbers.number < 31
        and cast(months.month_start + numbers.number * interval '1' day as date) <= months.month_end

),

working as (

    select
        days.day,
        case
            when holidays.holiday_date is not null then 0
            -- Days since a Monday: 5 is a Saturday, 6 a Sunday.
            when mod({{ days_between("cast('1900-01-01' as date)", 'days.day') }}, 7) >= 5 then 0
            else 1
        end as is_working
    from days
    left join {{ ref('bank_holidays') }} as holidays on days.day = holidays.holiday_date

)

select
    day,
    is_working = 1 as is_working_day,
    cast(sum(is_working) over (
        order by day
        rows between unbounded preceding and current row
    ) as integer) as working_day_number
from working
