-- Possible but odd evidence of the current extract: one row for each rule and piece.
select
    'hypothesis_not_found' as rule,
    evidence.record_key
from {{ ref('stg_evidence') }} as evidence
-- Held against the hypotheses only where they came.
inner join {{ ref('stg_loads') }} as hypotheses_load on hypotheses_load.export = 'hypotheses' and hypotheses_load.is_current
left join {{ ref('stg_hypotheses') }} as hypotheses
    on evidence.hypothesis_id = hypotheses.hypothesis_id and evidence.cycle = hypotheses.cycle
where hypotheses.hypothesis_id is null
