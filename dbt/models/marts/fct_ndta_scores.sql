select
    assessments.assessment_key,
    assessments.client_key,
    assessments.assessed_date,
    scores.item,
    cast(scores.score as integer) as score
from {{ ref('fct_ndta') }} as assessments
inner join {{ ref('int_ndta_scores') }} as scores on assessments.assessment_key = scores.record_key
where assessments.is_valid
