-- For each person and quarter, whether a star and an assessment (NDTA) were made or were due. The first is due with the
-- start of support, each other one some months after the one before; a change of circumstances makes none due.
with

settings as (

    select cast(max(value) as integer) as star_interval_months
    from {{ ref('programme_settings') }}
    where setting = 'star_interval_months'

),

people as (

    select
        client_key,
        quarter_start,
        quarter_end,
        first_start,
        least(quarter_end, coalesce(left_on, quarter_end)) as last_day
    from {{ ref('return_people') }}
    where not is_after_leaving

),

made as (

    select distinct
        'hos' as instrument,
        client_key,
        completed_date as made_on,
        -- The framework takes no other star than this one; one made on another was made all the same.
        star_version = 'homelessness_star' as is_taken
    from {{ ref('fct_star_readings') }}
    where is_valid
    union all
    select distinct
        'ndt' as instrument,
        client_key,
        assessed_date as made_on,
        true as is_taken
    from {{ ref('fct_ndta') }}
    where is_valid

),

instruments as (

    select 'hos' as instrument
    union all
    select 'ndt' as instrument

),

last_made as (

    select
        people.client_key,
        people.quarter_start,
        people.quarter_end,
        people.first_start,
        people.last_day,
        instruments.instrument,
        max(case when made.made_on >= people.quarter_start and made.is_taken then made.made_on end) as made_on,
        max(case when made.made_on >= people.quarter_start and not made.is_taken then made.made_on end)
            as made_on_another,
        max(case when made.made_on < people.quarter_start then made.made_on end) as made_before
    from people
    cross join instruments
    left join made
        on
            people.client_key = made.client_key
            and instruments.instrument = made.instrument
            and people.quarter_end >= made.made_on
    group by
        people.client_key,
        people.quarter_start,
        people.quarter_end,
        people.first_start,
        people.last_day,
        instruments.instrument

)

select
    last_made.client_key,
    last_made.quarter_end,
    cast(last_made.instrument as string) as instrument,
    last_made.made_on,
    coalesce({{ add_months('last_made.made_before', 'settings.star_interval_months') }}, last_made.first_start)
    <= last_made.last_day
    and last_made.made_on_another is null as is_due
from last_made
cross join settings
