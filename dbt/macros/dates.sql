-- First day of the financial year that a day falls in.
{% macro financial_year_start(day, start_month) -%}
    {{ add_months("date_trunc('year', " ~ add_months(day, "1 - " ~ start_month) ~ ")", start_month ~ " - 1") }}
{%- endmacro %}
