-- Calendar months from the programme's first to the one of the as-at day.
with

first_month as (

    select
        cast(date_trunc('month', settings.programme_start) as date) as month_start,
        control.as_at
    from {{ ref('stg_programme_settings') }} as settings
    cross join {{ source('landing', 'control') }} as control

),

months as (

    select
        {{ add_months('first_month.month_start', 'numbers.number') }} as month_start,
        {{ add_months('first_month.month_start', 'numbers.number + 1') }} as next_month_start,
        first_month.as_at
    from first_month
    cross join {{ ref('int_numbers') }} as numbers

)

select
    month_start,
    cast(next_month_start - interval '1' day as date) as month_end
from months
where month_start <= as_at
