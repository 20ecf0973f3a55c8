with first_starts as (
    select * from {{ ref('int_support_spells') }}
    where spell_number = 1
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

first_readings as (
    select * from {{ ref('int_star_readings_in_use') }}
    where reading_number = 1
),

delays as (
    select
        first_starts.client_key,
        first_starts.episode_key,
        as_at_days.as_at,
        -- A star made before the start came at once.
        case
            when first_readings.completed_date < first_starts.start_date then 0
            else {{ days_between('first_starts.start_date', 'first_readings.completed_date') }}
        end as days
    from as_at_days
    inner join first_starts
        on as_at_days.as_at >= first_starts.start_date
    left join first_readings
        on
            as_at_days.as_at = first_readings.as_at
            and first_starts.client_key = first_readings.client_key
)

select
    client_key,
    episode_key,
    as_at as counted_on,
    cast(days as double) as amount,
    cast(null as double) as out_of,
    case
        when days is null then 'none'
        when days <= 30 then '0_to_30'
        when days <= 90 then '31_to_90'
        when days <= 180 then '91_to_180'
        else 'over_180'
    end as baseline_delay
from delays
