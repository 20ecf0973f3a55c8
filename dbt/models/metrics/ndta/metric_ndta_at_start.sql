with assessments as (
    select * from {{ ref('int_ndta_in_use') }}
),

scores as (
    select * from {{ ref('fct_ndta_scores') }}
)

select
    assessments.client_key,
    cast(null as string) as episode_key,
    assessments.as_at as counted_on,
    cast(scores.score as double) as amount,
    cast(null as double) as out_of,
    scores.item
from assessments
inner join scores
    on assessments.assessment_key = scores.assessment_key
where
    assessments.assessment_number = 1
    -- A later one tells how somebody was after months of support.
    and assessments.assessed_date <= assessments.start_date + interval '90' day
