-- Who moved on is who left with destination 2, no longer requires support, out of all exits or of those without deaths. A
-- row here is a period where the two metrics say otherwise, or where one of them says nothing.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where period_type = 'programme'
),

exits as (
    select
        period_end,
        sum(case when category_1 = 'no_longer_requires_support' then value else 0 end) as moved_on,
        sum(value) as all_ends,
        sum(case when category_1 <> 'died' then value else 0 end) as ends_without_deaths
    from metric_values
    where
        metric_id = 'exits'
        and measure = 'count'
        and dimension_1 = 'destination'
        and dimension_2 = ''
    group by period_end
),

shares as (
    select
        period_end,
        category_1 as ends_counted,
        numerator,
        denominator
    from metric_values
    where
        metric_id = 'moved_on'
        and measure = 'share'
        and dimension_1 = 'ends_counted'
        and dimension_2 = ''
)

select
    exits.*,
    shares.ends_counted,
    shares.numerator,
    shares.denominator
from exits
full outer join shares
    on exits.period_end = shares.period_end
where
    exits.period_end is null
    or shares.period_end is null
    or shares.numerator <> exits.moved_on
    or shares.denominator <> case
        when shares.ends_counted = 'all_ends' then exits.all_ends
        else exits.ends_without_deaths
    end
