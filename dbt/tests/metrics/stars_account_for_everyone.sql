-- Nobody falls out between the figures of stars: who has a star done or due are the open people, the delays of the first
-- star are of everybody who ever started, and those with and without two stars to compare are the same people in every
-- area of the star, and are those who are missing or not. A row here is a day and figure where they are not.

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
    where metric_id in ('star_due', 'baseline_delay', 'star_change', 'star_change_12m')
    group by
        metric_id,
        period_end,
        dimension_2,
        case when dimension_2 = 'direction' then category_1 else '' end
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
            else 'star_missing'
        end
where
    -- Without any export of stars there is no figure on either side.
    parts.value is not null
    and (
        wholes.value is null
        or parts.value <> wholes.value
    )
