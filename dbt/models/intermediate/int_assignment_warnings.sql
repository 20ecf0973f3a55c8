-- Possible but odd assignments of the current extract: one row for each rule and assignment.
with

assignments as (

    select
        assignments.record_key,
        coalesce(people.person_id, assignments.client_id) as person_id,
        assignments.worker_id,
        assignments.role,
        assignments.from_date,
        assignments.to_date
    from {{ ref('stg_assignments') }} as assignments
    left join {{ ref('stg_people') }} as people on assignments.client_id = people.client_id

),

checked as (

    select
        assignments.record_key,
        assignments.from_date,
        assignments.to_date,
        workers.worker_id,
        workers.end_date
    from assignments
    -- Held against the workers only where they came.
    inner join {{ ref('stg_loads') }} as workers_load on workers_load.export = 'workers' and workers_load.is_current
    left join {{ ref('stg_workers') }} as workers on assignments.worker_id = workers.worker_id

)

select
    'worker_not_found' as rule,
    record_key
from checked
where worker_id is null

union all

select
    'assigned_after_worker_left' as rule,
    record_key
from checked
where from_date > end_date or (to_date is null and end_date is not null) or to_date > end_date

union all

-- One lead hands over to the next on one day; more than that day is odd. The later of the two is listed.
select distinct
    'two_leads_on_one_day' as rule,
    later.record_key
from assignments as later
inner join assignments as earlier
    on later.person_id = earlier.person_id
        and later.worker_id <> earlier.worker_id
        and concat(cast(later.from_date as string), later.record_key)
        > concat(cast(earlier.from_date as string), earlier.record_key)
        and (earlier.to_date is null or later.from_date < earlier.to_date)
where later.role = 'lead' and earlier.role = 'lead'
