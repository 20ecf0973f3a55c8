with

days as (

    select
        months.month_end as as_at,
        true as is_month_end
    from {{ ref('int_months') }} as months
    inner join {{ source('landing', 'control') }} as control on months.month_end <= control.as_at

    union all

    select
        control.as_at,
        false as is_month_end
    from {{ source('landing', 'control') }} as control

)

select
    days.as_at,
    max(days.is_month_end) as is_month_end,
    max(days.is_month_end) and extract(month from days.as_at) in (3, 6, 9, 12) as is_quarter_end,
    max(days.as_at = control.as_at) as is_latest
from days
cross join {{ source('landing', 'control') }} as control
group by days.as_at
