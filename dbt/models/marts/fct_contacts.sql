select
    contacts.contact_id as contact_key,
    coalesce(people.person_id, contacts.client_id) as client_key,
    contacts.contact_date,
    contacts.result,
    coalesce(contacts.setting, 'not_known') as setting,
    contacts.worker_id as worker_key,
    contacts.peer_mentor_present
from {{ ref('stg_contacts') }} as contacts
left join {{ ref('stg_people') }} as people on contacts.client_id = people.client_id
