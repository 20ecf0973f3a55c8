select
    item_id,
    raised_date,
    coalesce(raised_by, 'not_known') as raised_by,
    title,
    owner_organisation,
    decision,
    decided_date,
    actioned_date,
    change_id,
    metric_id
from {{ ref('stg_spg_items') }}
