select
    evidence_id,
    hypothesis_id,
    cycle,
    gathered_date,
    coalesce(source_type, 'not_known') as source_type,
    participants,
    coalesce(direction, 'not_known') as direction,
    summary
from {{ ref('stg_evidence') }}
