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
    max(days.is_month_end)
    and {{ quarter_start("cast(days.as_at + interval '1' day as date)", 'max(settings.quarter_start_month)') }}
    = cast(days.as_at + interval '1' day as date) as is_quarter_end,
    max(days.as_at = control.as_at) as is_latest
from days
cross join {{ source('landing', 'control') }} as control
cross join {{ ref('stg_programme_settings') }} as settings
group by days.as_at
