-- All that differs between database engines, and nothing else. Another engine brings its own copy of this file.
-- What stands elsewhere is SQL that DuckDB and Spark both read.

{% macro landing_view_sql(view, folder) -%}
    create or replace view {{ view }} as select * from read_parquet('{{ folder }}/*.parquet', union_by_name = true)
{%- endmacro %}

-- One space for any run of spaces, tabs, line ends or no-break spaces, none at the ends; NULL where nothing is left.
{% macro clean_text(text) -%}
    nullif(trim(regexp_replace({{ text }}, '[\s\x{00A0}]+', ' ', 'g')), '')
{%- endmacro %}

-- Whether the whole text has the form of a regular expression.
{% macro has_form(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

-- The day in London at a moment given as a UTC timestamp.
{% macro london_day(utc_timestamp) -%}
    cast(timezone('Europe/London', timezone('UTC', {{ utc_timestamp }})) as date)
{%- endmacro %}

-- Whole days from one date to another; negative where the other lies before.
{% macro days_between(from_day, to_day) -%}
    ({{ to_day }} - {{ from_day }})
{%- endmacro %}

-- The same day of the month some months later, or the last day of that month.
{% macro add_months(day, months) -%}
    cast({{ day }} + to_months({{ months }}) as date)
{%- endmacro %}
