-- What the current personal budget export sums to is what the marts hold and what was rejected. (A file that brought
-- changes only would not sum to it.)
with

landed as (

    select
        lines.load_id,
        sum(case when not lines.is_duplicate then lines.amount else 0 end) as amount_in_file,
        sum(case when not lines.is_duplicate and lines.reject_reasons is not null then lines.amount else 0 end) as amount_rejected
    from {{ ref('base_personal_budget') }} as lines
    inner join {{ ref('stg_loads') }} as loads on lines.load_id = loads.load_id
    inner join {{ ref('stg_exports') }} as exports on loads.export = exports.export
    where loads.is_current and exports.extract = 'full'
    group by lines.load_id

),

accepted as (

    select coalesce(sum(amount), 0) as amount_accepted
    from {{ ref('fct_budget_lines') }}

)

select landed.load_id
from landed
cross join accepted
where coalesce(landed.amount_in_file, 0) <> coalesce(landed.amount_rejected, 0) + accepted.amount_accepted
