-- A table of the warehouse. A refresh begins with none (transformation.py), so there is no former table to keep until the
-- new one stands: dbt's own way of renaming it aside and back takes a seventh of a small refresh.
{% materialization table, adapter="duckdb" %}
    {%- set relation = this.incorporate(type="table") -%}
    {#- Of a build by hand. -#}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement("main") -%}
        {{ create_table_as(false, relation, compiled_code) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}
