-- A table of the warehouse. A refresh begins with none (transformation.py), so there is no former table to keep until the
-- new one stands: dbt's own way of renaming it aside and back takes a seventh of a small refresh.
-- What all people of all metrics take at once may be more than memory and disk hold. Where there are many, a table whose
-- model says so (meta.in_parts) is made a part at a time, wherever its SQL has `the_part`.
{% materialization table, adapter="duckdb" %}
    {%- set relation = this.incorporate(type="table") -%}
    {%- set parts = parts_to_make(config.get("meta", {}).get("in_parts")) -%}
    {#- Of a build by hand. -#}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement("main") -%}
        {{ create_table_as(false, relation, compiled_code | replace(the_part(), parts[0])) }}
    {%- endcall %}
    {%- for part in parts[1:] -%}
        {%- do run_query("insert into " ~ relation ~ " " ~ compiled_code | replace(the_part(), part)) -%}
    {%- endfor %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

-- Stands in a model for the condition that a row is of the part being made; true where all is made at once.
{% macro the_part() -%} (1 = 1) {%- endmacro %}

-- The conditions of the parts, one for each value of a column (`in_parts`: {relation, column}); all at once where there are no
-- more clients with a referral than FLIC_WHOLE_UP_TO says.
{% macro parts_to_make(in_parts) %}
    {%- if not in_parts -%} {{ return([the_part()]) }} {%- endif -%}
    {%- set clients = run_query("select count(distinct client_key) from marts.fct_referrals").rows[0][0] -%}
    {%- if clients <= env_var("FLIC_WHOLE_UP_TO", "20000") | int -%} {{ return([the_part()]) }} {%- endif -%}
    {%- set conditions = [] -%}
    {%- for row in run_query("select distinct " ~ in_parts.column ~ " from " ~ in_parts.relation ~ " order by 1").rows -%}
        {%- do conditions.append("(" ~ in_parts.column ~ " = '" ~ row[0] ~ "')") -%}
    {%- endfor -%}
    {{ return(conditions) }}
{% endmacro %}
