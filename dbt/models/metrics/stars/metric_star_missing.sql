with pairs as (
    select * from {{ ref('int_star_pairs') }}
    where coalesce(baseline_within, '90') = '90'
),

first_readings as (
    select * from {{ ref('int_star_readings_in_use') }}
    where reading_number = 1
),

scores as (
    select * from {{ ref('fct_star_scores') }}
),

-- Every version of the star has ten areas. Without one of them the mean would be of other areas than everybody's.
first_stars as (
    select
        first_readings.as_at,
        first_readings.client_key,
        cast(sum(scores.score) as double) / count(*) as mean_score
    from first_readings
    inner join scores
        on first_readings.reading_key = scores.reading_key
    group by
        first_readings.as_at,
        first_readings.client_key
    having count(*) = 10
),

people as (
    select
        comparison,
        as_at,
        client_key,
        max(case when latest_score is not null then 1 else 0 end) as has_pair
    from pairs
    group by
        comparison,
        as_at,
        client_key
)

select
    people.client_key,
    cast(null as string) as episode_key,
    people.as_at as counted_on,
    first_stars.mean_score as amount,
    cast(null as double) as out_of,
    people.comparison,
    case when people.has_pair = 1 then 'with_pair' else 'without_pair' end as pair
from people
left join first_stars
    on
        people.as_at = first_stars.as_at
        and people.client_key = first_stars.client_key
