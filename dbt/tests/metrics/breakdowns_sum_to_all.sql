-- Every breakdown in which a person stands once adds up: to the figure of all, and two breakdowns together to each of
-- the two. A row here is a table that does not, or whose whole is missing in one of its periods. Left out are breakdowns that
-- overlap (needs, areas of the star), and those whose whole the metric gives in no period at all: it is another metric's
-- figure (populations_agree) or none, as what the budget, the actual and their difference would come to.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where measure in ('count', 'total_gbp')
),

definitions as (
    select * from {{ ref('metric_definitions') }}
),

-- Each table summed over one of its breakdowns, and the breakdown that is left.
sums as (
    select
        metric_id,
        measure,
        period_type,
        period_end,
        dimension_1 as summed_over,
        dimension_2 as dimension_left,
        category_2 as category_left,
        sum(value) as value
    from metric_values
    where dimension_1 <> ''
    group by
        metric_id,
        measure,
        period_type,
        period_end,
        dimension_1,
        dimension_2,
        category_2
    union all
    select
        metric_id,
        measure,
        period_type,
        period_end,
        dimension_2 as summed_over,
        dimension_1 as dimension_left,
        category_1 as category_left,
        sum(value) as value
    from metric_values
    where dimension_2 <> ''
    group by
        metric_id,
        measure,
        period_type,
        period_end,
        dimension_2,
        dimension_1,
        category_1
),

tables_given as (
    select distinct
        metric_id,
        measure,
        dimension_1
    from metric_values
    where dimension_2 = ''
)

select
    sums.*,
    wholes.value as whole
from sums
inner join definitions
    on sums.metric_id = definitions.metric_id
inner join tables_given
    on
        sums.metric_id = tables_given.metric_id
        and sums.measure = tables_given.measure
        and sums.dimension_left = tables_given.dimension_1
left join metric_values as wholes
    on
        sums.metric_id = wholes.metric_id
        and sums.measure = wholes.measure
        and sums.period_type = wholes.period_type
        and sums.period_end = wholes.period_end
        and sums.dimension_left = wholes.dimension_1
        and sums.category_left = wholes.category_1
        and wholes.dimension_2 = ''
where
    -- Money adds up whoever it was paid for.
    (
        sums.measure = 'total_gbp'
        or concat('|', definitions.overlapping, '|') not like concat('%|', sums.summed_over, '|%')
    )
    and (
        wholes.metric_id is null
        -- A whole of which nothing is recorded is no sum of noughts, and no part of it is a figure.
        or (sums.value is null and wholes.value is not null)
        or (sums.value is not null and wholes.value is null)
        or abs(sums.value - wholes.value) > 0.001
    )
