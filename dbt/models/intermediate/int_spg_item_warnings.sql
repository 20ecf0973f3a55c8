-- Possible but odd items of the Strategic Partnership Group in the current extract: one row for each rule and item.
select
    'change_not_found' as rule,
    items.record_key
from {{ ref('stg_spg_items') }} as items
-- Held against the system changes only where they came.
inner join {{ ref('stg_loads') }} as changes_load on changes_load.export = 'system_changes' and changes_load.is_current
left join {{ ref('stg_system_changes') }} as changes on items.change_id = changes.change_id
where items.change_id is not null and changes.change_id is null

union all

select
    'metric_not_found' as rule,
    record_key
from {{ ref('stg_spg_items') }}
where {{ comparable('metric_id') }} not in ({{ quoted(metric_list()) }})

union all

select
    'actioned_before_decided' as rule,
    record_key
from {{ ref('stg_spg_items') }}
where actioned_date < decided_date
