with readings as (
    select * from {{ ref('int_star_readings_in_use') }}
),

scores as (
    select * from {{ ref('fct_star_scores') }}
),

settings as (
    select cast(max(case when setting = 'star_pair_minimum_days' then value end) as integer) as minimum_days
    from {{ ref('programme_settings') }}
),

-- A person's first and latest reading by the as-at day, if they lie far enough apart.
pairs as (
    select
        first_reading.as_at,
        first_reading.client_key,
        first_reading.reading_key as first_reading_key,
        latest_reading.reading_key as latest_reading_key
    from readings as first_reading
    inner join readings as latest_reading
        on
            first_reading.as_at = latest_reading.as_at
            and first_reading.client_key = latest_reading.client_key
    cross join settings
    where
        first_reading.reading_number = 1
        and latest_reading.reading_number = latest_reading.readings
        and latest_reading.completed_date >= first_reading.completed_date + settings.minimum_days * interval '1' day
),

-- Area by area: an area that is blank in either reading drops out for this person, the others stay.
changes as (
    select
        pairs.as_at,
        pairs.client_key,
        first_score.star_area,
        latest_score.score - first_score.score as points
    from pairs
    inner join scores as first_score
        on pairs.first_reading_key = first_score.reading_key
    inner join scores as latest_score
        on
            pairs.latest_reading_key = latest_score.reading_key
            and first_score.star_area = latest_score.star_area
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(points as double) as amount,
    cast(null as double) as out_of,
    star_area,
    case
        when points > 0 then 'up'
        when points < 0 then 'down'
        else 'same'
    end as direction
from changes
