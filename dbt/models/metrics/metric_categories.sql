-- The closed list of categories of every breakdown: those of the seed, and the start cohorts that the programme has
-- had. available_from is the first as-at day that knows the category; empty means always.

with categories as (
    select * from {{ ref('categories') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

half_years as (
    select
        cast(extract(year from as_at) as integer) as start_year,
        case when extract(month from as_at) <= 6 then 1 else 2 end as half,
        min(as_at) as available_from
    from as_at_days
    group by
        cast(extract(year from as_at) as integer),
        case when extract(month from as_at) <= 6 then 1 else 2 end
)

select
    cast(dimension as string) as dimension,
    cast(category as string) as category,
    cast(label as string) as label,
    cast(sort_order as integer) as sort_order,
    cast(null as date) as available_from
from categories
union all
select
    cast('start_cohort' as string) as dimension,
    concat(cast(start_year as string), '-H', cast(half as string)) as category,
    concat(
        case when half = 1 then 'January to June ' else 'July to December ' end, cast(start_year as string)
    ) as label,
    start_year * 10 + half as sort_order,
    available_from
from half_years
