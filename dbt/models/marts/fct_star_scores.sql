select
    readings.reading_key,
    readings.client_key,
    readings.star_version,
    readings.completed_date,
    scores.star_area,
    scores.score,
    cast(ceil(scores.score / 2.0) as integer) as stage
from {{ ref('fct_star_readings') }} as readings
inner join {{ ref('int_star_scores') }} as scores on readings.reading_key = scores.record_key
where readings.is_valid
