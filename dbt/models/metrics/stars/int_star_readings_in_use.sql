-- The Outcomes Star readings that figures may use at each as-at day: valid, completed by then, of clients who had
-- started by then, and of one star version, because the areas of different stars do not compare. The version in use is
-- the one that the programme names (setting star_in_use), else the one with most valid readings by that day.

with readings as (
    select * from {{ ref('fct_star_readings') }}
    where is_valid
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

settings as (
    select coalesce(max(case when setting = 'star_in_use' then value end), 'most_readings') as star_in_use
    from {{ ref('programme_settings') }}
),

first_starts as (
    select
        client_key,
        start_date
    from {{ ref('int_support_spells') }}
    where spell_number = 1
),

by_day as (
    select
        as_at_days.as_at,
        readings.reading_key,
        readings.client_key,
        readings.star_version,
        readings.completed_date
    from as_at_days
    inner join readings
        on as_at_days.as_at >= readings.completed_date
    inner join first_starts
        on
            readings.client_key = first_starts.client_key
            and as_at_days.as_at >= first_starts.start_date
    cross join settings
    where settings.star_in_use in ('most_readings', readings.star_version)
),

versions as (
    select
        as_at,
        star_version,
        row_number() over (
            partition by as_at
            order by count(*) desc, star_version asc
        ) as order_of_use
    from by_day
    group by
        as_at,
        star_version
)

select
    by_day.as_at,
    by_day.client_key,
    by_day.reading_key,
    by_day.star_version,
    by_day.completed_date,
    cast(row_number() over (
        partition by by_day.as_at, by_day.client_key
        order by by_day.completed_date
    ) as integer) as reading_number,
    cast(count(*) over (partition by by_day.as_at, by_day.client_key) as integer) as readings
from by_day
inner join versions
    on
        by_day.as_at = versions.as_at
        and by_day.star_version = versions.star_version
where versions.order_of_use = 1
