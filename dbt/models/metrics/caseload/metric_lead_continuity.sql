with as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

spells as (
    select
        *,
        {{ add_months('start_date', 12) }} as anniversary
    from {{ ref('int_support_spells') }}
),

leads as (
    select * from {{ ref('fct_assignments') }}
    where role = 'lead'
),

-- The leads of a spell's first twelve months, in order. Whoever led before the spell and stopped by its first day is none.
leads_in_order as (
    select
        spells.episode_key,
        leads.worker_key,
        row_number() over (
            partition by spells.episode_key
            order by leads.from_date, leads.worker_key, leads.assignment_key
        ) as order_of_lead
    from spells
    inner join leads
        on
            spells.client_key = leads.client_key
            and spells.anniversary > leads.from_date
            and (leads.to_date is null or spells.start_date < leads.to_date)
),

leads_on_anniversary as (
    select distinct
        spells.episode_key,
        leads.worker_key
    from spells
    inner join leads
        on
            spells.client_key = leads.client_key
            and spells.anniversary >= leads.from_date
            and (leads.to_date is null or spells.anniversary < leads.to_date)
),

-- Only spells whose lead is known both at first and twelve months on.
spells_compared as (
    select
        spells.client_key,
        spells.episode_key,
        spells.anniversary,
        spells.end_date,
        max(case when leads_on_anniversary.worker_key = leads_in_order.worker_key then 1 else 0 end) as is_same
    from spells
    inner join leads_in_order
        on
            spells.episode_key = leads_in_order.episode_key
            and leads_in_order.order_of_lead = 1
    inner join leads_on_anniversary
        on spells.episode_key = leads_on_anniversary.episode_key
    group by
        spells.client_key,
        spells.episode_key,
        spells.anniversary,
        spells.end_date
)

select
    spells_compared.client_key,
    spells_compared.episode_key,
    as_at_days.as_at as counted_on,
    cast(spells_compared.is_same as double) as amount,
    cast(1 as double) as out_of
from as_at_days
inner join spells_compared
    on
        as_at_days.as_at >= spells_compared.anniversary
        and (spells_compared.end_date is null or as_at_days.as_at < spells_compared.end_date)
