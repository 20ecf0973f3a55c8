-- The closed list of categories of every breakdown: those of the seed, the need domains and the areas of the programme, the
-- start cohorts that it has had, and the lines of its budget. available_from is the first as-at day that knows the category;
-- empty means always.

with categories as (
    select * from {{ ref('categories') }}
),

need_domains as (
    select * from {{ ref('need_domains') }}
),

areas as (
    select * from {{ ref('areas') }}
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
),

-- What a programme calls its budget lines is its own matter, so they come from the budget. Where none came there is a
-- category all the same: a table without any would be no table.
budget_lines as (
    select distinct budget_line as line from {{ ref('fct_programme_budget') }}
    union all
    select 'not_known' as line
    where not exists (select budget.budget_line from {{ ref('fct_programme_budget') }} as budget)
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
    cast('need_domain' as string) as dimension,
    cast(need_domain as string) as category,
    cast(label as string) as label,
    cast(sort_order as integer) as sort_order,
    cast(null as date) as available_from
from need_domains
union all
select
    cast('area' as string) as dimension,
    cast(area as string) as category,
    cast(label as string) as label,
    cast(sort_order as integer) as sort_order,
    cast(null as date) as available_from
from areas
union all
select
    cast('area' as string) as dimension,
    cast('not_known' as string) as category,
    cast('Area not known' as string) as label,
    cast(max(sort_order) + 1 as integer) as sort_order,
    cast(null as date) as available_from
from areas
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
union all
select
    cast('budget_line' as string) as dimension,
    line as category,
    case when line = 'not_known' then 'Budget line not known' else line end as label,
    cast(row_number() over (order by line) as integer) as sort_order,
    cast(null as date) as available_from
from budget_lines
