-- Over all types of accommodation a period comes to 100 per cent, or to nothing where nothing is recorded. A row here is
-- a period that does not.

with accommodation_mix as (
    select * from {{ ref('fct_metric_values') }}
    where
        metric_id = 'accommodation_mix'
        and dimension_1 = 'accommodation_type'
        and dimension_2 = ''
)

select
    period_type,
    period_end,
    sum(value) as percent
from accommodation_mix
group by
    period_type,
    period_end
having abs(coalesce(sum(value), 100) - 100) > 0.001
