-- Possible but odd contacts of the current extract: one row for each rule and contact.
select
    'worker_not_found' as rule,
    contacts.record_key
from {{ ref('stg_contacts') }} as contacts
-- Held against the workers only where they came.
inner join {{ ref('stg_loads') }} as workers_load on workers_load.export = 'workers' and workers_load.is_current
left join {{ ref('stg_workers') }} as workers on contacts.worker_id = workers.worker_id
where contacts.worker_id is not null and workers.worker_id is null
