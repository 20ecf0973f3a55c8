-- Whose account is missing: each hypothesis and cycle with each kind of source that has given no evidence on it in that
-- cycle by the latest as-at day. Evidence whose source is not recorded closes no gap.
with

expected as (

    select
        hypotheses.hypothesis_id,
        hypotheses.cycle,
        sources.category as source_type
    from {{ ref('fct_hypotheses') }} as hypotheses
    cross join {{ ref('categories') }} as sources
    where sources.dimension = 'source_type' and sources.category <> 'not_known'

),

gathered as (

    select distinct
        evidence.hypothesis_id,
        evidence.cycle,
        evidence.source_type
    from {{ ref('fct_evidence') }} as evidence
    inner join {{ ref('dim_as_at_days') }} as days on evidence.gathered_date <= days.as_at
    where days.is_latest

)

select
    expected.hypothesis_id,
    expected.cycle,
    expected.source_type
from expected
left join gathered
    on expected.hypothesis_id = gathered.hypothesis_id
        and expected.cycle = gathered.cycle
        and expected.source_type = gathered.source_type
where gathered.hypothesis_id is null
