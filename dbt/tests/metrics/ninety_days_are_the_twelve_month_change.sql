-- Of the three limits for the first star, 90 days is the one that figures take: with it the people and every mean are those of
-- the change in the first twelve months. A row here is a figure that is another one.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where
        metric_id in ('star_change_12m_baseline', 'star_change_12m', 'star_missing')
        and measure in ('count', 'mean')
),

within_90_days as (
    select
        *,
        case when measure = 'mean' then 'star_change_12m' else 'star_missing' end as same_as
    from metric_values
    where
        metric_id = 'star_change_12m_baseline'
        and category_1 = '90'
),

taken as (
    select
        *,
        case when metric_id = 'star_missing' then category_2 else category_1 end as category
    from metric_values
    where
        (metric_id = 'star_change_12m' and measure = 'mean')
        or (metric_id = 'star_missing' and measure = 'count' and category_1 = 'twelve_months')
)

select
    within_90_days.measure,
    within_90_days.period_end,
    within_90_days.category_2 as category,
    within_90_days.value as within_90_days,
    taken.value as taken
from within_90_days
left join taken
    on
        within_90_days.same_as = taken.metric_id
        and within_90_days.period_end = taken.period_end
        and within_90_days.category_2 = taken.category
where
    taken.metric_id is null
    or within_90_days.value is distinct from taken.value
    or within_90_days.people <> taken.people
    or within_90_days.denominator is distinct from taken.denominator
