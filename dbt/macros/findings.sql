-- What is wrong or odd in the exports, as lists that people work through.

-- The models that find odd records, each with rule and record_key, and the export whose records they name. A new one is
-- a line here, and a row of the seed quality_rules for each of its rules.
{% macro warning_models() %}
    {{ return([
        ("accommodation", "int_accommodation_warnings"),
        ("assignments", "int_assignment_warnings"),
        ("caseload", "int_caseload_warnings"),
        ("caseload", "int_support_warnings"),
        ("client_links", "int_client_link_warnings"),
        ("contacts", "int_contact_warnings"),
        ("evidence", "int_evidence_warnings"),
        ("ndta", "int_ndta_warnings"),
        ("outcome_stars", "int_star_warnings"),
        ("personal_budget", "int_budget_warnings"),
        ("programme_budget", "int_programme_budget_warnings"),
        ("referrals", "int_referral_warnings"),
        ("spg_items", "int_spg_item_warnings"),
        ("system_changes", "int_system_change_warnings"),
    ]) }}
{% endmacro %}

-- The short name of a finding: the same in every extract that holds it. `occurrence` tells apart several rows of a file
-- with the same finding about the same record.
{% macro finding_id(export, rule, column_name, record_key, occurrence="1") -%}
    substr(md5(concat(
        {{ export }}, '|', {{ rule }}, '|', coalesce({{ column_name }}, ''), '|', {{ record_key }}, '|', cast({{ occurrence }} as string)
    )), 1, 12)
{%- endmacro %}

-- The reasons that type_rows can write for an export, as rows: export, reason. Read off the SQL that it makes, so that
-- no second list of them has to be kept.
{% macro possible_reasons(export) %}
    {%- set rows = type_rows(export, clients=ref("stg_known_clients"), even_if_it_never_came=true) -%}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
    {%- set reasons = [] -%}
    {%- for reason in modules.re.findall("'[a-z_0-9]+:([a-z_0-9]+);'", rows) | unique -%}
        {%- do reasons.append((export, reason)) -%}
    {%- endfor -%}
    {{ listed(["export", "reason"], reasons) }}
    {%- endif -%}
{% endmacro %}

-- How the records of an export's current full extract differ from those of the extract before: one row, none where there
-- is no extract before. A record that is rejected in one of the two counts as missing there.
{% macro load_changes(export) %}
    {%- set rows = ref("base_" ~ export) -%}
    {%- set loads = ref("stg_loads") -%}
    {%- set exports = ref("stg_exports") -%}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
    {%- set columns = contract_columns(export_contract(export)) -%}
    {%- set has_clients = "client_id" in columns | map(attribute="name") %}
    select
        '{{ export }}' as export,
        load_id,
        previous_load_id,
        cast(sum(case when is_before = 0 then 1 else 0 end) as integer) as records_new,
        cast(sum(case when is_before = 1 and is_now = 1 and is_same = 0 then 1 else 0 end) as integer) as records_changed,
        cast(sum(case when is_now = 0 then 1 else 0 end) as integer) as records_gone,
        {{ "cast(count(distinct case when is_same = 0 then client_id end) as integer)" if has_clients else "cast(null as integer)" }} as clients_affected
    from (
        select
            load_id,
            previous_load_id,
            record_key,
            {{ "max(client_id)" if has_clients else "cast(null as string)" }} as client_id,
            max(is_now) as is_now,
            max(is_before) as is_before,
            min(is_same) as is_same
        from (
            select
                current_loads.load_id,
                previous_loads.load_id as previous_load_id,
                typed.record_key,
                {{ "max(typed.client_id)" if has_clients else "cast(null as string)" }} as client_id,
                max(case when typed.load_id = current_loads.load_id then 1 else 0 end) as is_now,
                max(case when typed.load_id = previous_loads.load_id then 1 else 0 end) as is_before,
                case when count(distinct typed.load_id) = 2 then 1 else 0 end as is_same
            from {{ loads }} as current_loads
            inner join {{ exports }} as exports on current_loads.export = exports.export and exports.extract = 'full'
            inner join {{ loads }} as previous_loads
                on current_loads.export = previous_loads.export and current_loads.load_number = previous_loads.load_number + 1
            inner join {{ rows }} as typed on typed.load_id in (current_loads.load_id, previous_loads.load_id)
            where
                current_loads.export = '{{ export }}' and current_loads.is_current
                and not typed.is_duplicate and typed.reject_reasons is null
            group by
                current_loads.load_id,
                previous_loads.load_id,
                typed.record_key,
                {# Equal in everything that the contract knows: a row that both extracts hold falls into one group. #}
                concat(
                    {%- for column in columns %}
                    coalesce(cast(typed.{{ column.name }} as string), ''), chr(31){{ "," if not loop.last }}
                    {%- endfor %}
                )
        ) as contents
        group by load_id, previous_load_id, record_key
    ) as records
    group by load_id, previous_load_id
    {%- endif -%}
{% endmacro %}

-- The first and last day in each date column of an export's current extract, with the number of its dates. Fewer than
-- ten dates would be dates of single people.
{% macro date_ranges(export) %}
    {%- set rows = ref("stg_" ~ export) -%}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
    {%- for column in contract_columns(export_contract(export)) if column.rules.type == "date" %}
    {{ "union all" if not loop.first }}
    select
        '{{ export }}' as export,
        '{{ column.name }}' as column_name,
        cast(count({{ column.name }}) as integer) as dates,
        min({{ column.name }}) as earliest,
        max({{ column.name }}) as latest
    from {{ rows }}
    having count({{ column.name }}) >= 10
    {%- else %}
    {#- An export without dates adds no row. #}
    select
        '{{ export }}' as export,
        cast(null as string) as column_name,
        cast(0 as integer) as dates,
        cast(null as date) as earliest,
        cast(null as date) as latest
    from {{ rows }}
    where false
    {%- endfor -%}
    {%- endif -%}
{% endmacro %}
