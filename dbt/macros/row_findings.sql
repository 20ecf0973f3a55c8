-- Every reason against the rows of an export, one row each: what type_rows wrote into reject_reasons and kept_findings,
-- split again, with the value where the contract lets it be shown. Copies of a row are left out: they are counted as
-- duplicates. A cell that only loads empty is one more reason where its row is rejected for another.
{% macro row_findings(export) %}
    {%- set rows = ref("base_" ~ export) -%}
    {%- set numbers = ref("int_numbers") -%}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
    {%- set columns = contract_columns(export_contract(export)) -%}
    {%- for findings, row_is_kept in [("reject_reasons", "false"), ("kept_findings", "reject_reasons is null")] %}
    {{ "union all" if not loop.first }}
    select
        load_id,
        '{{ export }}' as export,
        source_file,
        source_line,
        record_key,
        {{ client_of(export) }} as client_id,
        split_part(split_part({{ findings }}, ';', numbers.number), ':', 1) as column_name,
        case split_part(split_part({{ findings }}, ';', numbers.number), ':', 1)
            {%- for column in columns if not column.rules.get("identifying") %}
            when '{{ column.name }}' then {{ column.name }}_as_given
            {%- endfor %}
        end as value,
        split_part(split_part({{ findings }}, ';', numbers.number), ':', 2) as reason,
        {{ row_is_kept }} as row_is_kept
    from {{ rows }}
    inner join {{ numbers }} as numbers
        on numbers.number between 1 and length({{ findings }}) - length(replace({{ findings }}, ';', ''))
    where not is_duplicate and {{ findings }} is not null
    {%- endfor -%}
    {%- endif -%}
{% endmacro %}
