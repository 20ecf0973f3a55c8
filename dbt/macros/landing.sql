-- Reading landing: the tables over its Parquet files, and the contract as a list that other macros walk through.

-- Tables landing.<table> over <FLIC_DATA_DIR>/landing/<table>/*.parquet, for every table of the source (on-run-start).
{% macro create_landing_tables() %}
    {%- if execute -%}
        {%- do run_query("create schema if not exists landing") -%}
        {%- for table in graph.sources.values() if table.source_name == "landing" -%}
            {%- set folder = env_var("FLIC_DATA_DIR") ~ "/landing/" ~ table.name -%}
            {%- for statement in landing_statements("landing." ~ table.name, folder | replace("'", "''")) -%}
                {%- do run_query(statement) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}

-- The source table of an export as the contract describes it. Only while executing: parsing knows no graph.
{% macro export_contract(export) %}
    {%- set found = graph.sources.values() | selectattr("source_name", "equalto", "landing")
        | selectattr("name", "equalto", export) | list -%}
    {%- if not found -%}{{ exceptions.raise_compiler_error("No export " ~ export ~ " in the contract") }}{%- endif -%}
    {{ return(found[0]) }}
{% endmacro %}

-- The exports that have a base model. A list, because dbt must know what a model depends on before it knows the
-- contract; the two are held against each other while executing.
{% macro staged_exports() %}
    {%- set names = [
        "accommodation", "assignments", "caseload", "client_links", "contacts", "evidence", "hypotheses",
        "ndta", "outcome_stars", "personal_budget", "petty_cash", "programme_budget", "referrals",
        "service_use", "spg_items", "system_changes", "workers"
    ] -%}
    {%- if execute and names != export_names() -%}
        {{ exceptions.raise_compiler_error("The contract has the exports " ~ export_names() | join(", ")
            ~ ": give each a base model and name it in staged_exports") }}
    {%- endif -%}
    {{ return(names) }}
{% endmacro %}

-- The names of all exports: the tables of the source that have a key.
{% macro export_names() %}
    {%- set names = [] -%}
    {%- for table in graph.sources.values() if table.source_name == "landing" and table.config.meta.get("key") -%}
        {%- do names.append(table.name) -%}
    {%- endfor -%}
    {{ return(names | sort) }}
{% endmacro %}

-- The exports of the contract as rows: export, label, extract.
{% macro contracted_exports() %}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
        {%- set rows = [] -%}
        {%- for name in export_names() -%}
            {%- set rules = export_contract(name).config.meta -%}
            {%- do rows.append((name, rules.label, rules.extract)) -%}
        {%- endfor -%}
        {{ listed(["export", "label", "extract"], rows) }}
    {%- endif -%}
{% endmacro %}

-- The values that the contract allows, as rows: export, column_name, column_type, value.
{% macro allowed_values() %}
    {%- if not execute -%}
        select 1 as parsed_only
    {%- else -%}
        {%- set rows = [] -%}
        {%- for name in export_names() -%}
            {%- for column in contract_columns(export_contract(name)) if column.is_coded -%}
                {%- for value in column.rules.allowed -%}
                    {%- do rows.append((name, column.name, column.rules.type, value)) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
        {{ listed(["export", "column_name", "column_type", "value"], rows) }}
    {%- endif -%}
{% endmacro %}

-- The column with the client's reference, or an empty one for an export that is about no client.
{% macro client_of(export) %}
    {%- if not execute or "client_id" in contract_columns(export_contract(export)) | map(attribute="name") -%}
        client_id
    {%- else -%}
        cast(null as string)
    {%- endif -%}
{% endmacro %}

-- Rows of texts as a query. As one list of values: hundreds of queries under one another are as many tasks to Spark.
{% macro listed(columns, rows) -%}
    select
        {{ columns | join(",\n        ") }}
    from (
        values
        {%- for row in rows %}
        ({{ quoted(row) }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as listed ({{ columns | join(", ") }})
{%- endmacro %}
