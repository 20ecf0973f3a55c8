-- Quarters leave no day out and none twice: their person-months come to those of the programme up to the end of each. A
-- row here is an end where they do not, or where no quarter ends.

with person_months as (
    select * from {{ ref('fct_metric_values') }}
    where
        metric_id = 'person_months'
        and measure = 'total'
        and dimension_1 = ''
)

select
    programme.period_end,
    programme.value as programme,
    sum(quarters.value) as quarters
from person_months as programme
left join person_months as quarters
    on
        programme.period_end >= quarters.period_end
        and quarters.period_type = 'quarter'
where programme.period_type = 'programme'
group by
    programme.period_end,
    programme.value
having
    max(quarters.period_end) is null
    or max(quarters.period_end) <> programme.period_end
    or abs(sum(quarters.value) - programme.value) > 0.001
