-- The status is what people decided in the review cycle. No figure and no evidence ever sets or changes it.
select
    hypothesis_id,
    cycle,
    statement,
    context,
    mechanism,
    outcome,
    coalesce(status, 'not_known') as status
from {{ ref('stg_hypotheses') }}
