select
    assignments.record_key as assignment_key,
    coalesce(people.person_id, assignments.client_id) as client_key,
    assignments.worker_id as worker_key,
    assignments.role,
    assignments.from_date,
    assignments.to_date
from {{ ref('stg_assignments') }} as assignments
left join {{ ref('stg_people') }} as people on assignments.client_id = people.client_id
