with first_readings as (
    select * from {{ ref('int_star_readings_in_use') }}
    where reading_number = 1
),

scores as (
    select * from {{ ref('fct_star_scores') }}
)

select
    first_readings.client_key,
    cast(null as string) as episode_key,
    first_readings.as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    scores.star_area,
    concat('stage_', cast(scores.stage as string)) as stage
from first_readings
inner join scores
    on first_readings.reading_key = scores.reading_key
