-- Where tables go: each folder's schema by its plain name, without dbt's usual prefix of the target's schema.

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
