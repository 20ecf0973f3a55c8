-- Possible but odd system changes of the current extract: one row for each rule and change.
select
    'adopted_before_agreed' as rule,
    record_key
from {{ ref('stg_system_changes') }}
where adopted_date < agreed_date

union all

select
    'reviewed_before_adopted' as rule,
    record_key
from {{ ref('stg_system_changes') }}
where reviewed_date < adopted_date

union all

select
    'in_place_without_review' as rule,
    record_key
from {{ ref('stg_system_changes') }}
where still_in_place in ('yes', 'no') and reviewed_date is null
