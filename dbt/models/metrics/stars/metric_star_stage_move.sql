with pairs as (
    select * from {{ ref('int_star_pairs') }}
    where comparison = 'first_to_latest'
)

-- Who has no two scores has no part in the share; statistics asks how many of all these have.
select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    case
        when latest_stage > first_stage then cast(1 as double)
        when latest_stage <= first_stage then cast(0 as double)
    end as amount,
    case when latest_stage is not null then cast(1 as double) end as out_of,
    star_area
from pairs
