-- The rows of an export that figures rest on: valid, once each, from the current load. Of an export that sends changes
-- only (delta) every known load counts, and a record's latest valid row wins. Of a record in several rows each row's latest
-- does: a correction of one row leaves the others, so the rows of one record may be of several loads (load_number).
{% macro current_rows(export) %}
    {%- set rows = ref("base_" ~ export) -%}
    {%- set loads = ref("stg_loads") -%}
    {%- set exports = ref("stg_exports") -%}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
    {%- set contract = export_contract(export) %}
with valid as (

    select
        loads.load_number,
        loads.is_current,
        exports.extract,
        {%- for column in contract_columns(contract) %}
        typed.{{ column.name }},
        {%- endfor %}
        typed.record_key,
        typed.load_id,
        typed.source_line,
        max(loads.load_number) over (
            partition by typed.record_key{{ ", typed." ~ contract.config.meta.repeats_by if contract.config.meta.get("repeats_by") }}
        ) as latest_load_number
    from {{ rows }} as typed
    inner join {{ loads }} as loads on typed.load_id = loads.load_id
    inner join {{ exports }} as exports on loads.export = exports.export
    where not typed.is_duplicate and typed.reject_reasons is null

)

select
    {%- for column in contract_columns(contract) %}
    {{ column.name }},
    {%- endfor %}
    record_key,
    load_id,
    load_number,
    source_line
from valid
where case when extract = 'delta' then load_number = latest_load_number else is_current end
    {%- endif -%}
{% endmacro %}
