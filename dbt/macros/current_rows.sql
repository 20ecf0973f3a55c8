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
    {%- set apart = contract.config.meta.get("repeats_by") %}
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
        typed.source_line
    from {{ rows }} as typed
    inner join {{ loads }} as loads on typed.load_id = loads.load_id
    inner join {{ exports }} as exports on loads.export = exports.export
    where not typed.is_duplicate and typed.reject_reasons is null

),

-- Empty, and so as good as free, where the export is sent whole.
latest as (

    select
        typed.record_key,
        {{ "coalesce(typed." ~ apart ~ ", '')" if apart else "''" }} as row_of_record,
        max(loads.load_number) as load_number
    from {{ rows }} as typed
    inner join {{ loads }} as loads on typed.load_id = loads.load_id
    inner join {{ exports }} as exports on loads.export = exports.export and exports.extract = 'delta'
    where not typed.is_duplicate and typed.reject_reasons is null
    group by
        typed.record_key,
        {{ "coalesce(typed." ~ apart ~ ", '')" if apart else "''" }}

)

select
    {%- for column in contract_columns(contract) %}
    valid.{{ column.name }},
    {%- endfor %}
    valid.record_key,
    valid.load_id,
    valid.load_number,
    valid.source_line
from valid
left join latest
    on
        valid.record_key = latest.record_key
        {%- if apart %}
        and coalesce(valid.{{ apart }}, '') = latest.row_of_record
        {%- endif %}
where case when valid.extract = 'delta' then valid.load_number = latest.load_number else valid.is_current end
    {%- endif -%}
{% endmacro %}
