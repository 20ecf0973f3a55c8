-- Possible but odd lines of the programme's budget in the current extract: one row for each rule and line.
select
    'actual_before_period' as rule,
    lines.record_key
from {{ ref('stg_programme_budget') }} as lines
inner join {{ ref('stg_loads') }} as loads on lines.load_id = loads.load_id
where lines.actual <> 0 and lines.period_start > loads.extract_date
