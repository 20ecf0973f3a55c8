-- The Outcomes Star readings that figures may use at each as-at day: valid, completed by then, of clients who had
-- started by then, and of one star version, because the areas of different stars do not compare. The version in use is
-- the one that the programme names (setting star_in_use), else the one with most valid readings by that day. Readings of one
-- person on one day are one reading: the one made together counts before the worker's, and the worker's before the client's.

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

one_a_day as (
    select
        *,
        row_number() over (
            partition by client_key, star_version, completed_date
            order by
                case completed_by when 'together' then 1 when 'worker' then 2 when 'client' then 3 else 4 end,
                reading_key
        ) as order_of_preference
    from readings
),

by_day as (
    select
        as_at_days.as_at,
        one_a_day.reading_key,
        one_a_day.client_key,
        one_a_day.star_version,
        one_a_day.completed_date
    from as_at_days
    inner join one_a_day
        on as_at_days.as_at >= one_a_day.completed_date
    inner join first_starts
        on
            one_a_day.client_key = first_starts.client_key
            and as_at_days.as_at >= first_starts.start_date
    cross join settings
    where
        one_a_day.order_of_preference = 1
        and settings.star_in_use in ('most_readings', one_a_day.star_version)
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
