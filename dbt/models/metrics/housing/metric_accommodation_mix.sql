with accommodation as (
    select * from {{ ref('fct_accommodation') }}
),

accommodation_types as (
    select * from {{ ref('accommodation_types') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('quarter', 'programme')
),

quarters as (
    select
        client_key,
        quarter_start,
        quarter_end,
        sum(percent) as recorded,
        -- Two references of one person may record more than the whole of a quarter: all its parts shrink alike.
        greatest(sum(percent), 100) as whole
    from accommodation
    group by
        client_key,
        quarter_start,
        quarter_end
    having sum(percent) > 0
),

-- Each quarter of a person over all types, so that the parts come to 100: what is not recorded is not known.
parts as (
    select
        quarters.client_key,
        quarters.quarter_start,
        quarters.quarter_end,
        accommodation_types.type as accommodation_type,
        -- Doubles, since engines give a quotient of decimals other types.
        cast((
            coalesce(accommodation.percent, 0)
            + case when accommodation_types.type = 'not_known' then quarters.whole - quarters.recorded else 0 end
        ) * 100 as double) / cast(quarters.whole as double) as percent
    from quarters
    cross join accommodation_types
    left join accommodation
        on
            quarters.client_key = accommodation.client_key
            and quarters.quarter_start = accommodation.quarter_start
            and accommodation_types.type = accommodation.accommodation_type
)

select
    parts.client_key,
    cast(null as string) as episode_key,
    periods.period_end as counted_on,
    cast(periods.period_type as string) as period_type,
    cast(parts.percent as double) as amount,
    cast(1 as double) as out_of,
    parts.accommodation_type
from periods
inner join parts
    on
        periods.period_start <= parts.quarter_start
        and periods.period_end >= parts.quarter_end
