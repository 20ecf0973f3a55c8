-- Nobody falls out between the figures of stars and assessments: who has a star done or due are the open people, the delays
-- of the first star are of everybody who ever started, and those with and without two stars to compare are the same people
-- in every area of the star, and are those who are missing or not; and everybody stands once in every item of the
-- assessment. A row here is a day and figure where they are not.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where measure = 'count'
),

parts as (
    select
        metric_id,
        period_end,
        case
            when metric_id = 'star_change' then 'first_to_latest'
            when metric_id = 'star_change_12m' then 'twelve_months'
            else ''
        end as comparison,
        -- An area or an item has everybody once; of the others there is only the whole.
        case when dimension_2 = 'direction' then category_1 else '' end as part,
        sum(value) as value
    from metric_values
    where metric_id in ('star_due', 'baseline_delay', 'star_change', 'star_change_12m', 'ndta_change')
    group by
        metric_id,
        period_end,
        dimension_2,
        case when dimension_2 = 'direction' then category_1 else '' end
    -- Once statistics has run, directions of which too few have two readings are empty.
    having count(*) = count(value)
),

wholes as (
    select
        metric_id,
        period_end,
        '' as comparison,
        -- Starts count a person who comes back again.
        case when metric_id = 'starts' then cast(people as double) else value end as value
    from metric_values
    where
        metric_id in ('open_caseload', 'starts')
        and period_type in ('programme', 'as_at')
        and dimension_1 = ''
    union all
    select
        metric_id,
        period_end,
        category_1 as comparison,
        sum(value) as value
    from metric_values
    where metric_id = 'star_missing'
    group by
        metric_id,
        period_end,
        category_1
    union all
    select
        'ndta_change' as metric_id,
        counted_on as period_end,
        '' as comparison,
        cast(count(distinct client_key) as double) as value
    from {{ ref('metric_ndta_change') }}
    group by counted_on
)

select
    parts.metric_id,
    parts.period_end,
    parts.part,
    parts.value as sum_of_parts,
    wholes.value as whole
from parts
left join wholes
    on
        parts.period_end = wholes.period_end
        and parts.comparison = wholes.comparison
        and wholes.metric_id = case parts.metric_id
            when 'star_due' then 'open_caseload'
            when 'baseline_delay' then 'starts'
            when 'ndta_change' then 'ndta_change'
            else 'star_missing'
        end
-- Without any export of stars there is no figure on either side.
where parts.value <> coalesce(wholes.value, 0)
