-- Who could have two readings to compare on an as-at day, and what the two say: one row for each comparison, person and
-- area of the star. Everybody who started long enough ago is here, still supported or not, so that figures of change
-- always stand beside those they do not speak for; without two scores to compare the scores are empty.
--   first_to_latest: the first and the latest reading by the day, if they lie far enough apart.
--   twelve_months: the first reading near the start, and the one nearest to twelve months after the start, from nine
--   months to fifteen. How many days after the start are near is told in baseline_within: figures take 90, and the others
--   show whether they hang on that choice. A reading from long before the start is no baseline: it may lie before the
--   start by as many days as a star may before the referral (setting star_days_before_referral).

with readings as (
    select * from {{ ref('int_star_readings_in_use') }}
),

scores as (
    select * from {{ ref('fct_star_scores') }}
),

areas as (
    select category as star_area
    from {{ ref('categories') }}
    where dimension = 'star_area'
),

baseline_windows as (
    select
        category as baseline_within,
        cast(category as integer) as days_after
    from {{ ref('categories') }}
    where dimension = 'baseline_within'
),

settings as (
    select
        cast(max(case when setting = 'star_pair_minimum_days' then value end) as integer) as minimum_days,
        cast(max(case when setting = 'star_days_before_referral' then value end) as integer) as days_before
    from {{ ref('programme_settings') }}
),

-- Everybody who had started by the day, with the first start.
started as (
    select
        as_at_days.as_at,
        spells.client_key,
        spells.start_date
    from {{ ref('dim_as_at_days') }} as as_at_days
    inner join {{ ref('int_support_spells') }} as spells
        on as_at_days.as_at >= spells.start_date
    where spells.spell_number = 1
),

first_readings as (
    select * from readings
    where reading_number = 1
),

first_and_latest as (
    select
        'first_to_latest' as comparison,
        cast(null as string) as baseline_within,
        first_readings.as_at,
        first_readings.client_key,
        first_readings.reading_key as first_reading_key,
        latest_reading.reading_key as latest_reading_key
    from first_readings
    inner join readings as latest_reading
        on
            first_readings.as_at = latest_reading.as_at
            and first_readings.client_key = latest_reading.client_key
    cross join settings
    where
        latest_reading.reading_number = latest_reading.readings
        and latest_reading.completed_date >= first_readings.completed_date + settings.minimum_days * interval '1' day
),

-- Fifteen months must be over: before that a later reading may still come nearer to the twelfth.
started_15_months_ago as (
    select
        started.*,
        baseline_windows.baseline_within,
        baseline_windows.days_after
    from started
    cross join baseline_windows
    where started.as_at >= {{ add_months('started.start_date', '15') }}
),

near_start as (
    select
        started.baseline_within,
        started.as_at,
        started.client_key,
        started.start_date,
        readings.reading_key,
        row_number() over (
            partition by started.baseline_within, started.as_at, started.client_key
            order by readings.completed_date
        ) as order_of_day
    from started_15_months_ago as started
    cross join settings
    inner join readings
        on
            started.as_at = readings.as_at
            and started.client_key = readings.client_key
            and readings.completed_date >= started.start_date - settings.days_before * interval '1' day
            and readings.completed_date <= started.start_date + started.days_after * interval '1' day
),

around_twelve_months as (
    select
        baselines.baseline_within,
        baselines.as_at,
        baselines.client_key,
        baselines.reading_key as first_reading_key,
        later_reading.reading_key as latest_reading_key,
        row_number() over (
            partition by baselines.baseline_within, baselines.as_at, baselines.client_key
            order by
                abs({{ days_between(add_months('baselines.start_date', '12'), 'later_reading.completed_date') }}),
                later_reading.completed_date
        ) as order_of_nearness
    from near_start as baselines
    inner join readings as later_reading
        on
            baselines.as_at = later_reading.as_at
            and baselines.client_key = later_reading.client_key
            and later_reading.completed_date >= {{ add_months('baselines.start_date', '9') }}
            and later_reading.completed_date <= {{ add_months('baselines.start_date', '15') }}
    where baselines.order_of_day = 1
),

pairs as (
    select * from first_and_latest
    union all
    select
        'twelve_months' as comparison,
        baseline_within,
        as_at,
        client_key,
        first_reading_key,
        latest_reading_key
    from around_twelve_months
    where order_of_nearness = 1
),

-- Area by area: an area that is blank in either reading drops out for this person, the others stay.
compared as (
    select
        pairs.comparison,
        pairs.baseline_within,
        pairs.as_at,
        pairs.client_key,
        first_score.star_area,
        first_score.score as first_score,
        first_score.stage as first_stage,
        latest_score.score as latest_score,
        latest_score.stage as latest_stage
    from pairs
    inner join scores as first_score
        on pairs.first_reading_key = first_score.reading_key
    inner join scores as latest_score
        on
            pairs.latest_reading_key = latest_score.reading_key
            and first_score.star_area = latest_score.star_area
),

people as (
    select
        'first_to_latest' as comparison,
        cast(null as string) as baseline_within,
        started.as_at,
        started.client_key
    from started
    cross join settings
    where started.as_at >= started.start_date + settings.minimum_days * interval '1' day
    union
    -- A star made shortly before the start can make a pair in less time than that.
    select
        comparison,
        baseline_within,
        as_at,
        client_key
    from compared
    union
    select
        'twelve_months' as comparison,
        baseline_within,
        as_at,
        client_key
    from started_15_months_ago
)

select
    people.comparison,
    people.baseline_within,
    people.as_at,
    people.client_key,
    areas.star_area,
    compared.first_score,
    compared.first_stage,
    compared.latest_score,
    compared.latest_stage
from people
cross join areas
left join compared
    on
        people.comparison = compared.comparison
        and coalesce(people.baseline_within, '') = coalesce(compared.baseline_within, '')
        and people.as_at = compared.as_at
        and people.client_key = compared.client_key
        and areas.star_area = compared.star_area
