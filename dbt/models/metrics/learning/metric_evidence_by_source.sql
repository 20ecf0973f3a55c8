with evidence as (
    select * from {{ ref('fct_evidence') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
)

select
    evidence.evidence_id as client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    evidence.source_type,
    evidence.direction as evidence_direction
from as_at_days
inner join evidence
    on as_at_days.as_at >= evidence.gathered_date
