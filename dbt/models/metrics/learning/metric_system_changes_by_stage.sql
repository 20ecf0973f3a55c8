with system_changes as (
    select * from {{ ref('fct_system_changes') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
)

select
    system_changes.change_id as client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    system_changes.level,
    system_changes.sector,
    case
        -- Only a review six months or more after the adoption can find that a change lasts. One that did not find out, or that
        -- came earlier and found the change in place, leaves it where it was.
        when
            as_at_days.as_at >= system_changes.reviewed_date
            and system_changes.still_in_place = 'yes'
            and system_changes.reviewed_date >= {{ add_months('system_changes.adopted_date', 6) }}
            then 'still_in_place'
        -- What is gone has lapsed, however soon.
        when as_at_days.as_at >= system_changes.reviewed_date and system_changes.still_in_place = 'no' then 'lapsed'
        when as_at_days.as_at >= system_changes.adopted_date then 'adopted'
        when as_at_days.as_at >= system_changes.agreed_date then 'agreed'
        when as_at_days.as_at >= system_changes.dialogue_date then 'in_dialogue'
        else 'raised'
    end as change_stage
from as_at_days
inner join system_changes
    on as_at_days.as_at >= system_changes.raised_date
