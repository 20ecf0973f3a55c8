-- Days of all exports at once: a file of a million rows has some hundreds of different ones.
{%- set ledger = ref("stg_loads") %}
{%- set landed_tables = {} %}
{%- for export in staged_exports() -%}
    {%- do landed_tables.update({export: source("landing", export)}) -%}
{%- endfor %}
with

cells as (

    {{ date_cells(landed_tables, ledger) }}

),

typed as (

    select
        cells.*,
        {{ typed_date("cells.text", "settings.two_digit_year_pivot", "exports") }} as value,
        exports.date_format is null and {{ is_month_first("cells.text", "cells.holds_first_days") }} as can_be_month_first_only,
        exports.date_format is null and {{ is_day_first("cells.text", "cells.holds_first_days") }} as can_be_day_first_only,
        exports.date_format is null and {{ could_be_either_order("cells.text") }} as could_be_either_order
    from cells
    cross join {{ ref("stg_programme_settings") }} as settings
    inner join {{ ref("stg_exports") }} as exports on cells.export = exports.export

),

-- Whether more dates of a file's column can only have the month first than can only have the day first: those that could
-- be either then have it too, most likely.
ordered as (

    select
        *,
        sum(case when can_be_month_first_only then row_count else 0 end) over (partition by load_id, column_name)
        > sum(case when can_be_day_first_only then row_count else 0 end) over (partition by load_id, column_name)
            as column_is_month_first
    from typed

)

select
    load_id,
    export,
    column_name,
    cell,
    as_given,
    text,
    case when not (column_is_month_first and could_be_either_order) then value end as value,
    can_be_month_first_only or (column_is_month_first and could_be_either_order) as is_month_first
from ordered
