-- Every planned figure, exact: one row for each planned table, period and category, also where nobody is counted.
-- This table is restricted: what may leave is decided by the publication.
-- What no sum can say (survival, waits, the typical change and what would undo it) is empty here; statistics fills it in
-- once the warehouse is built, so that figures have one home (dagster_project/statistics).
{% set breakdown_columns = metric_breakdown_columns() %}

with figures_due as (
    select * from {{ ref('int_metric_figures_due') }}
    where {{ the_part() }}
),

contributions as (
    select
        *,
        {{ exact_decimal('amount') }} as exact_amount,
        {{ exact_decimal('out_of') }} as exact_out_of
    from {{ ref('int_metric_contributions') }}
    where {{ the_part() }}
),

needs as (
    select * from {{ ref('bridge_episode_needs') }}
),

categories as (
    select * from {{ ref('metric_categories') }}
),

-- Every contribution in each table, period and category that it belongs to.
placed as (
    select
        figures_due.due_key,
        figures_due.counts,
        figures_due.method,
        figures_due.averages,
        {{ metric_category('figures_due.dimension_1', breakdown_columns) }} as category_1,
        {{ metric_category('figures_due.dimension_2', breakdown_columns) }} as category_2,
        contributions.client_key,
        contributions.exact_amount as amount,
        contributions.exact_out_of as out_of
    from figures_due
    inner join contributions
        on
            figures_due.metric_id = contributions.metric_id
            and figures_due.period_type = coalesce(contributions.period_type, figures_due.period_type)
            -- An event counts in every period that holds its day; all else is given for the last day of the period.
            and figures_due.period_end >= contributions.counted_on
            and case
                when figures_due.timing = 'flow' then figures_due.period_start
                else figures_due.period_end
            end <= contributions.counted_on
    left join needs
        -- As a key, so that it is looked up and not tried against every need: four fifths of the time.
        on
            case
                when 'need_domain' in (figures_due.dimension_1, figures_due.dimension_2)
                    then contributions.episode_key
            end = needs.episode_key
),

-- One row a person, since disclosure control and means are about people. Amounts are decimals until the last step, so
-- that sums do not depend on the order of rows.
person_sums as (
    select
        due_key,
        category_1,
        category_2,
        client_key,
        sum(amount) as amount,
        sum(case when out_of is not null then amount else 0 end) as share_amount,
        sum(coalesce(out_of, 0)) as out_of,
        max(case when out_of is null then 0 else 1 end) as is_ratio,
        -- Somebody who only stands in the denominator of a share is not part of the count.
        max(case when out_of is null or amount <> 0 then 1 else 0 end) as is_counted,
        max(case when counts = 'lines' then 1 else 0 end) as is_money,
        -- The post of a worker or a line of the budget takes part in a sum and is nobody.
        max(case when client_key is null or counts = 'entries' then 0 else 1 end) as is_person
    from placed
    -- A person without any known need stands in no need domain.
    where
        category_1 is not null
        and category_2 is not null
    group by
        due_key,
        category_1,
        category_2,
        client_key
),

counted as (
    select
        *,
        -- Money: only people with more paid than refunded have spending, and their part in the sum is ranked. Somebody
        -- without a value (no second star, say) counts and is no part of a mean.
        case when amount is null or (is_money = 1 and amount <= 0) then 0 else 1 end as is_averaged
    from person_sums
),

-- Of money alone: to put all people of all figures in order takes as long as to add them up.
largest as (
    select
        due_key,
        category_1,
        category_2,
        cast(max(case when order_of_size = 1 then amount end) as double) as largest,
        cast(max(case when order_of_size = 2 then amount end) as double) as second_largest
    from (
        select
            due_key,
            category_1,
            category_2,
            amount,
            row_number() over (
                partition by due_key, category_1, category_2
                order by amount desc, client_key asc
            ) as order_of_size
        from person_sums
        where is_money = 1
    ) as ranked
    group by
        due_key,
        category_1,
        category_2
),

cells as (
    select
        due_key,
        category_1,
        category_2,
        cast(sum(amount) as double) as amount,
        cast(sum(share_amount) as double) as share_amount,
        cast(sum(out_of) as double) as out_of,
        max(is_ratio) as is_ratio,
        sum(is_counted * is_person) as people_counted,
        sum(case when out_of > 0 then is_person else 0 end) as people_out_of,
        sum(is_averaged * is_person) as people_averaged,
        -- Of a mean for each month or quarter of a person: who stands above the line or below it.
        sum(case when share_amount <> 0 or out_of > 0 then is_person else 0 end) as people_of_ratio,
        cast(sum(case when is_averaged = 1 then amount else 0 end) as double) as amount_averaged,
        -- Rounded, since engines find the middle of two amounts in different ways.
        round(median(cast(case when is_averaged = 1 then amount end as double)), 6) as median_amount,
        round(stddev_samp(cast(case when is_averaged = 1 then amount end as double)), 6) as standard_deviation
    from counted
    group by
        due_key,
        category_1,
        category_2
),

-- Where the amount is how long something took, lines or entries are counted one by one, and the median is theirs and not
-- one of people.
single_contributions as (
    select
        due_key,
        category_1,
        category_2,
        cast(count(*) as double) as contributions,
        round(median(cast(amount as double)), 6) as median_amount
    from placed
    where
        averages = 'contributions'
        and category_1 is not null
        and category_2 is not null
    group by
        due_key,
        category_1,
        category_2
),

-- The whole table of every period, with its empty cells.
grid as (
    select
        figures_due.*,
        coalesce(first_categories.category, '') as category_1,
        coalesce(second_categories.category, '') as category_2
    from figures_due
    left join categories as first_categories
        on
            figures_due.dimension_1 = first_categories.dimension
            and coalesce(first_categories.available_from, figures_due.period_end) <= figures_due.period_end
    left join categories as second_categories
        on
            figures_due.dimension_2 = second_categories.dimension
            and coalesce(second_categories.available_from, figures_due.period_end) <= figures_due.period_end
)

select
    grid.metric_id,
    grid.measure,
    grid.period_type,
    grid.period_start,
    grid.period_end,
    grid.is_complete,
    grid.dimension_1,
    grid.category_1,
    grid.dimension_2,
    grid.category_2,
    case
        when grid.note is not null then null
        when grid.measure = 'count' and grid.counts = 'people' then coalesce(cast(cells.people_counted as double), 0)
        when grid.measure = 'count' and grid.averages = 'contributions' then coalesce(single_contributions.contributions, 0)
        when grid.measure = 'total_gbp' and grid.empty_sum = 'unknown' then cells.amount
        when grid.measure in ('count', 'total', 'total_gbp') then coalesce(cells.amount, 0)
        when grid.measure in ('share', 'mean') and cells.out_of > 0 then cells.share_amount / cells.out_of
        when grid.measure = 'mean' and cells.is_ratio = 0 and cells.people_averaged > 0
            then cells.amount_averaged / cells.people_averaged
        -- The typical change of pairs is no median of their points (statistics).
        when grid.measure = 'median' and grid.method = 'paired_change' then null
        when grid.measure = 'median' and grid.averages = 'contributions' then single_contributions.median_amount
        when grid.measure = 'median' then cells.median_amount
    end as value,
    cast(null as double) as lower,
    cast(null as double) as upper,
    case
        -- The share that something happened to within a time is estimated, and no quotient.
        when grid.note is not null or grid.method in ('kaplan_meier', 'cumulative_incidence') then null
        when grid.measure = 'share' then coalesce(cells.share_amount, 0)
        when grid.measure = 'mean' and cells.is_ratio = 1 then cells.share_amount
        when grid.measure = 'mean' then coalesce(cells.amount_averaged, 0)
    end as numerator,
    case
        when grid.note is not null then null
        when grid.measure = 'share' then coalesce(cells.out_of, 0)
        when grid.measure = 'mean' and cells.is_ratio = 1 then cells.out_of
        when grid.measure in ('mean', 'median') then coalesce(cast(cells.people_averaged as double), 0)
    end as denominator,
    cast(coalesce(
        case
            when grid.measure = 'count' then cells.people_counted
            when grid.measure = 'share' then cells.people_out_of
            when grid.measure = 'mean' and cells.is_ratio = 1 then cells.people_of_ratio
            else cells.people_averaged
        end, 0
    ) as bigint) as people,
    -- A mean for each month or quarter of a person rests on unlike parts: no interval of people's own means is its own.
    case when grid.measure = 'mean' and cells.is_ratio = 0 then cells.standard_deviation end as standard_deviation,
    largest.largest,
    largest.second_largest,
    cast(
        coalesce(
            grid.note,
            case
                when grid.measure = 'total_gbp' and grid.empty_sum = 'unknown' and cells.amount is null
                    then 'nothing is recorded of it'
                when cells.due_key is null then nullif(grid.nothing_counted, '')
            end
        ) as string
    ) as note
from grid
left join cells
    on
        grid.due_key = cells.due_key
        and grid.category_1 = cells.category_1
        and grid.category_2 = cells.category_2
left join largest
    on
        grid.due_key = largest.due_key
        and grid.category_1 = largest.category_1
        and grid.category_2 = largest.category_2
left join single_contributions
    on
        grid.due_key = single_contributions.due_key
        and grid.category_1 = single_contributions.category_1
        and grid.category_2 = single_contributions.category_2
