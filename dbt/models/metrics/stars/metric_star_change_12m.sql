with pairs as (
    select
        *,
        latest_score - first_score as points
    from {{ ref('int_star_pairs') }}
    where
        comparison = 'twelve_months'
        and baseline_within = '90'
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(points as double) as amount,
    cast(null as double) as out_of,
    star_area,
    {{ direction_of_change('points') }} as direction
from pairs
