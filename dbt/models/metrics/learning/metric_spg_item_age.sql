with spg_items as (
    select * from {{ ref('fct_spg_items') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- What is known of each item at the end of the day.
known as (
    select
        spg_items.item_id,
        spg_items.raised_date,
        as_at_days.as_at,
        case when as_at_days.as_at >= spg_items.decided_date then spg_items.decided_date end as decided_date,
        case when as_at_days.as_at >= spg_items.actioned_date then spg_items.actioned_date end as actioned_date
    from as_at_days
    inner join spg_items
        on as_at_days.as_at >= spg_items.raised_date
)

select
    item_id as client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast({{ days_between("raised_date", "coalesce(actioned_date, decided_date, as_at)") }} as double) as amount,
    cast(null as double) as out_of,
    case
        -- What was done counts as done, also if nobody wrote down when it was decided.
        when actioned_date is not null then 'actioned'
        when decided_date is not null then 'decided'
        else 'waiting'
    end as item_stage
from known
