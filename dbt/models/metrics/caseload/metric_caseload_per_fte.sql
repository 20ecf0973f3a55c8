with open_people as (
    select * from {{ ref('metric_open_caseload') }}
),

workers_on_day as (
    select * from {{ ref('int_workers_on_day') }}
),

workers as (
    select * from {{ ref('fct_workers') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

workers_without_fte as (
    select worker_key
    from workers
    where fte is null
),

-- A worker whose share of a post is not recorded has no place below the line, and so the people led by such a worker alone
-- have none above it.
people_with_lead as (
    select distinct
        open_people.counted_on,
        open_people.client_key
    from open_people
    inner join workers_on_day
        on
            open_people.counted_on = workers_on_day.as_at
            and open_people.client_key = workers_on_day.client_key
    where
        workers_on_day.role = 'lead'
        and workers_on_day.worker_key not in (select worker_key from workers_without_fte)
),

posts as (
    select
        as_at_days.as_at,
        workers.worker_key,
        workers.fte
    from as_at_days
    inner join workers
        on
            as_at_days.as_at >= workers.start_date
            and (workers.end_date is null or as_at_days.as_at < workers.end_date)
    where
        workers.role = 'link_worker'
        and workers.fte is not null
),

-- Without anybody in post there is nothing to divide by, and so no figure: people alone would be averaged among
-- themselves.
days_with_posts as (
    select as_at
    from posts
    group by as_at
    having sum(fte) > 0
)

select
    people_with_lead.client_key,
    cast(null as string) as episode_key,
    people_with_lead.counted_on,
    cast(1 as double) as amount,
    cast(0 as double) as out_of
from people_with_lead
inner join days_with_posts
    on people_with_lead.counted_on = days_with_posts.as_at
union all
select
    cast(null as string) as client_key,
    cast(null as string) as episode_key,
    posts.as_at as counted_on,
    cast(0 as double) as amount,
    cast(posts.fte as double) as out_of
from posts
inner join days_with_posts
    on posts.as_at = days_with_posts.as_at
