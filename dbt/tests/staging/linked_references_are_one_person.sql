-- Both ends of every link in force are the same person. A row here is a chain of links longer than stg_people follows:
-- most likely a column that a spreadsheet filled down.
select
    links.client_id,
    links.same_as
from {{ ref('stg_client_links') }} as links
inner join {{ source('landing', 'control') }} as control on links.effective_date <= control.as_at
left join {{ ref('stg_people') }} as one_end on links.client_id = one_end.client_id
left join {{ ref('stg_people') }} as other_end on links.same_as = other_end.client_id
where coalesce(one_end.person_id, '') <> coalesce(other_end.person_id, '-')
