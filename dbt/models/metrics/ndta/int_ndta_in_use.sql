-- The assessments that figures may use at each as-at day: made by then, of clients who had started by then, numbered from
-- a person's first.

with assessments as (
    select * from {{ ref('fct_ndta') }}
    where is_valid
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

first_starts as (
    select * from {{ ref('int_support_spells') }}
    where spell_number = 1
)

select
    as_at_days.as_at,
    assessments.client_key,
    assessments.assessment_key,
    assessments.assessed_date,
    first_starts.start_date,
    cast(row_number() over (
        partition by as_at_days.as_at, assessments.client_key
        order by assessments.assessed_date
    ) as integer) as assessment_number,
    cast(count(*) over (partition by as_at_days.as_at, assessments.client_key) as integer) as assessments
from as_at_days
inner join assessments
    on as_at_days.as_at >= assessments.assessed_date
inner join first_starts
    on
        assessments.client_key = first_starts.client_key
        and as_at_days.as_at >= first_starts.start_date
