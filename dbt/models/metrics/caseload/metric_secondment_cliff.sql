with open_people as (
    select * from {{ ref('metric_open_caseload') }}
),

workers_on_day as (
    select * from {{ ref('int_workers_on_day') }}
),

workers as (
    select * from {{ ref('fct_workers') }}
)

-- A person with two leads on the day stands here once.
select distinct
    open_people.client_key,
    open_people.episode_key,
    open_people.counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of
from open_people
inner join workers_on_day
    on
        open_people.counted_on = workers_on_day.as_at
        and open_people.client_key = workers_on_day.client_key
inner join workers
    on
        workers_on_day.worker_key = workers.worker_key
        and open_people.counted_on < workers.secondment_end_date
        and cast(open_people.counted_on + interval '90' day as date) >= workers.secondment_end_date
where workers_on_day.role = 'lead'
