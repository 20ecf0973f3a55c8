with pairs as (
    select
        *,
        -- From 9 of ten points there is hardly room to rise: there, staying is what can be hoped for.
        case
            when first_score >= 9 then 'near_top'
            when first_score < 9 then 'could_rise'
        end as headroom
    from {{ ref('int_star_pairs') }}
    where comparison = 'first_to_latest'
)

-- Who has no two scores stands in neither group; statistics asks how many of all these have.
select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    case
        when headroom is null then null
        when headroom = 'could_rise' and latest_score > first_score then cast(1 as double)
        when headroom = 'near_top' and latest_score >= 9 then cast(1 as double)
        else cast(0 as double)
    end as amount,
    case when headroom is not null then cast(1 as double) end as out_of,
    star_area,
    headroom
from pairs
