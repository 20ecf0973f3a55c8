-- Exactly one as-at day is the latest, and it is the control's.
select count(*) as latest_days
from {{ ref('dim_as_at_days') }} as days
inner join {{ source('landing', 'control') }} as control on days.as_at = control.as_at
where days.is_latest
having count(*) <> 1
