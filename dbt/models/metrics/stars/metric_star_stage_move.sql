with pairs as (
    select * from {{ ref('int_star_pairs') }}
    where
        comparison = 'first_to_latest'
        and latest_score is not null
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    case when latest_stage > first_stage then cast(1 as double) else cast(0 as double) end as amount,
    cast(1 as double) as out_of,
    star_area
from pairs
