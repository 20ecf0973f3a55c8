with payments as (
    select * from {{ ref('metric_budget_spent') }}
),

spells as (
    select * from {{ ref('int_support_spells') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('quarter', 'year', 'programme')
),

people_with_spending as (
    select
        periods.period_type,
        periods.period_end,
        payments.client_key
    from periods
    inner join payments
        on
            periods.period_start <= payments.counted_on
            and periods.period_end >= payments.counted_on
    group by
        periods.period_type,
        periods.period_end,
        payments.client_key
    -- Net of refunds in the same period.
    having sum(cast(payments.amount as decimal(18, 2))) > 0
),

spells_by_period as (
    select
        periods.period_type,
        periods.period_end,
        spells.client_key,
        spells.borough,
        -- Open at the end of at least one day of the period.
        case
            when spells.end_date is null then 1
            when spells.end_date > periods.period_start and spells.end_date > spells.start_date then 1
            else 0
        end as was_open,
        row_number() over (
            partition by periods.period_type, periods.period_end, spells.client_key
            order by spells.spell_number desc
        ) as order_of_spell
    from periods
    inner join spells
        on periods.period_end >= spells.start_date
),

people as (
    select
        period_type,
        period_end,
        client_key,
        max(was_open) as was_open,
        max(case when order_of_spell = 1 then borough end) as borough
    from spells_by_period
    group by
        period_type,
        period_end,
        client_key
),

-- Everybody who was open in the period or had spending in it.
people_counted as (
    select
        coalesce(people.period_type, people_with_spending.period_type) as period_type,
        coalesce(people.period_end, people_with_spending.period_end) as period_end,
        coalesce(people.client_key, people_with_spending.client_key) as client_key,
        coalesce(people.borough, 'not_known') as borough,
        coalesce(people.was_open, 0) as was_open,
        case when people_with_spending.client_key is null then 0 else 1 end as has_spending
    from people
    full outer join people_with_spending
        on
            people.period_type = people_with_spending.period_type
            and people.period_end = people_with_spending.period_end
            and people.client_key = people_with_spending.client_key
)

select
    client_key,
    cast(null as string) as episode_key,
    period_end as counted_on,
    cast(period_type as string) as period_type,
    cast(has_spending as double) as amount,
    -- Money paid after somebody's support ended counts, but that person is no part of the share of people open.
    case when was_open = 1 then cast(1 as double) end as out_of,
    borough
from people_counted
where
    was_open = 1
    or has_spending = 1
