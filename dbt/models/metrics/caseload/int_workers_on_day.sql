-- Who works with whom at the end of each as-at day, by the assignments. A person whom none of them has named by the day, as
-- where a programme keeps none, has the workers that the caseload gives. From the first assignment on the caseload counts no
-- more: it shows who it was last, not who it was then.

{% set places = ["lead", "second", "third"] %}

with as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

assignments as (
    select * from {{ ref('fct_assignments') }}
),

episodes as (
    select * from {{ ref('fct_episodes') }}
),

people_named as (
    select
        client_key,
        min(from_date) as named_from
    from assignments
    group by client_key
),

workers_of_episodes as (
    {% for place in places %}
        select
            client_key,
            start_date,
            end_date,
            allocated_date,
            '{{ place }}' as role,
            {{ place }}_worker_key as worker_key
        from episodes
        where {{ place }}_worker_key is not null
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    as_at_days.as_at,
    assignments.client_key,
    assignments.role,
    assignments.worker_key
from as_at_days
inner join assignments
    on
        as_at_days.as_at >= assignments.from_date
        and (assignments.to_date is null or as_at_days.as_at < assignments.to_date)
-- Two references of one person, or two episodes, may give the same worker twice.
union
select
    as_at_days.as_at,
    workers_of_episodes.client_key,
    workers_of_episodes.role,
    workers_of_episodes.worker_key
from as_at_days
inner join workers_of_episodes
    on
        as_at_days.as_at >= workers_of_episodes.start_date
        and as_at_days.as_at >= coalesce(workers_of_episodes.allocated_date, workers_of_episodes.start_date)
        and (workers_of_episodes.end_date is null or as_at_days.as_at < workers_of_episodes.end_date)
left join people_named
    on workers_of_episodes.client_key = people_named.client_key
where
    people_named.named_from is null
    or as_at_days.as_at < people_named.named_from
