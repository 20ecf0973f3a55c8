with pairs as (
    select * from {{ ref('int_star_pairs') }}
    where comparison = 'twelve_months'
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(latest_score - first_score as double) as amount,
    cast(null as double) as out_of,
    baseline_within,
    star_area,
    -- Of a person and not of an area: who has two scores in some area has two stars.
    case
        when count(latest_score) over (partition by baseline_within, as_at, client_key) > 0 then 'with_pair'
        else 'without_pair'
    end as pair
from pairs
