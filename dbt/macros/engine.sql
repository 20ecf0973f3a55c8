-- All that differs between DuckDB and Spark (its settings: profiles.yml), and nothing else. Other SQL means the same to both.
{% macro landing_statements(table, folder) -%} {#- A table of landing over its Parquet files, whose columns may differ. #}
    {{ return([
        "drop table if exists " ~ table, "create table " ~ table ~ " using parquet options (mergeSchema true) location '" ~ folder ~ "'"
    ] if target.type == "spark" else [
        "create or replace view " ~ table ~ " as select * from read_parquet('" ~ folder ~ "/*.parquet', union_by_name = true)"
    ]) }}
{%- endmacro %}
-- One space for any run of spaces, tabs, line ends or no-break spaces, none at the ends; NULL where nothing is left.
{% macro clean_text(text) -%}
    {%- set spaces = "'[ \\t\\n\\f\\r\\x{00A0}]+', ' '" -%}
    nullif(trim(regexp_replace({{ text }}, {{ "r" ~ spaces if target.type == "spark" else spaces ~ ", 'g'" }})), '')
{%- endmacro %}
-- Whether the whole text has the form of a regular expression.
{% macro has_form(text, pattern) -%}
    {{ "regexp_like(" ~ text ~ ", r'\\A(?:" ~ pattern ~ ")\\z')" if target.type == "spark"
        else "regexp_full_match(" ~ text ~ ", '" ~ pattern ~ "')" }}
{%- endmacro %}
-- The day in London at a moment given as a UTC timestamp.
{% macro london_day(moment) -%}
    cast({{ "from_utc_timestamp(" ~ moment ~ ", 'Europe/London')" if target.type == "spark"
        else "timezone('Europe/London', timezone('UTC', " ~ moment ~ "))" }} as date)
{%- endmacro %}
-- Whole days from one date to another; negative where the other lies before.
{% macro days_between(from_day, to_day) -%}
    {{ "datediff(" ~ to_day ~ ", " ~ from_day ~ ")" if target.type == "spark" else "(" ~ to_day ~ " - " ~ from_day ~ ")" }}
{%- endmacro %}
{% macro spark__load_csv_rows(model, agate_table) %} {#- dbt-spark's own knows neither apostrophes nor empty cells. #}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- set type = model.config.column_types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
            {%- set text = row[name] | string | replace("\\", "\\\\") | replace("'", "''") -%}
            {%- do cells.append("cast(" ~ ("null" if row[name] is none else "'" ~ text ~ "'") ~ " as " ~ type ~ ")") -%}
        {%- endfor -%}
        {%- do rows.append("(" ~ cells | join(", ") ~ ")") -%}
    {%- endfor -%}
    {%- do run_query("insert into " ~ this ~ " values " ~ rows | join(", ")) -%}
{% endmacro %}
-- Whether a table has the columns of its contract is asked where DuckDB builds it of the same SQL (`make test`). Asked once more,
-- Spark would plan every table twice.
{% macro spark__get_assert_columns_equivalent(sql) %} {% endmacro %}
