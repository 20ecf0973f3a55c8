-- The share of settled homes kept is of the people who stand under kept and not kept in the count beside it. A row here is
-- a day where the two differ.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where metric_id in ('tenancy_sustained_6m', 'tenancy_sustained_12m')
),

counts as (
    select
        metric_id,
        period_end,
        sum(case when category_1 = 'held' then value else 0 end) as held,
        sum(case when category_1 in ('held', 'not_held') then value else 0 end) as known
    from metric_values
    where
        measure = 'count'
        and dimension_1 = 'tenancy'
    group by
        metric_id,
        period_end
),

shares as (
    select * from metric_values
    where
        measure = 'share'
        and dimension_1 = ''
)

select
    counts.metric_id,
    counts.period_end,
    counts.held,
    shares.numerator,
    counts.known,
    shares.denominator
from counts
left join shares
    on
        counts.metric_id = shares.metric_id
        and counts.period_end = shares.period_end
where
    shares.metric_id is null
    or counts.held <> shares.numerator
    or counts.known <> shares.denominator
