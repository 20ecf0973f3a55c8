-- What shared code reads from the metrics' YAML. dbt knows it once a run has begun, so these answer only then.

-- The words and settings of one metric.
{% macro metric_meta(metric_id) %}
    {{ return(graph.nodes["model." ~ project_name ~ ".metric_" ~ metric_id].config.meta) }}
{% endmacro %}

-- These words of every metric, one row each; a list is joined by '|'. What most metrics have need not be said.
{% macro metric_words(words) %}
    {%- set usual = {"method": "sums", "averages": "people", "empty_sum": "nought", "by_area": "yes"} -%}
    {%- set rows = [] -%}
    {%- for metric_id in metric_list() -%}
        {%- set row = [] -%}
        {%- for word in words -%}
            {%- set value = metric_meta(metric_id).get(word, usual.get(word, "")) if execute else "" -%}
            {%- do row.append((value if value is string else value | join("|")) | trim) -%}
        {%- endfor -%}
        {%- do rows.append(row) -%}
    {%- endfor -%}
    {{ return(rows) }}
{% endmacro %}

-- A text of SQL in which each setting or term that stands in braces gives way to the programme's own. One that the programme
-- lacks leaves its name in braces, which a test finds (metric_words_are_complete).
{% macro with_settings(text, settings) -%}
    {%- set filled = namespace(sql=text) -%}
    {%- for setting in settings -%}
        {%- set name = "'{" ~ setting ~ "}'" -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", " ~ name ~ ", coalesce(settings." ~ setting ~ ", " ~ name ~ "))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

-- The metrics whose contributions are sums of amounts. The others list how long somebody waited or stayed, with what
-- ended it: no sum says anything of these, and statistics works them out (dagster_project/statistics).
{% macro metrics_of_sums() %}
    {% set found = [] %}
    {% for metric_id in metric_list() %}
        {% if not execute or metric_meta(metric_id).get("method", "sums") not in ("kaplan_meier", "cumulative_incidence") %}
            {% do found.append(metric_id) %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}

-- Breakdowns that stand as columns in some metric's contributions, in alphabetical order. need_domain is none of them:
-- a person has several, so shared code looks them up, unless the metric says which one a row is about (own_needs). Nor is
-- area: shared code looks up the one that a person has.
{% macro metric_breakdown_columns() %}
    {% set columns = [] %}
    {% if execute %}
        {% for metric_id in metrics_of_sums() %}
            {% for breakdown in metric_meta(metric_id).breakdowns %}
                {% if breakdown != "need_domain" and breakdown not in columns %}
                    {% do columns.append(breakdown) %}
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(columns | sort) }}
{% endmacro %}

-- The category of a contribution in the breakdown that a column of the plan names; '' where it names none. The columns
-- of breakdowns are handed over, so that a unit test can name its own.
{% macro metric_category(dimension_column, breakdown_columns) -%}
    case {{ dimension_column }}
        when '' then ''
        when 'need_domain' then coalesce(contributions.need_domain, needs.need_domain)
        when 'area' then contributions.area
        {%- for breakdown in breakdown_columns %}
        when '{{ breakdown }}' then contributions.{{ breakdown }}
        {%- endfor %}
    end
{%- endmacro %}

-- A double as a decimal. By its text: the double next to 4108.97, times a million million, is no whole number, and DuckDB
-- would take that for digits. Whole numbers, which are nearly all, need no text.
{% macro exact_decimal(amount) -%}
    case
        when {{ amount }} = floor({{ amount }}) and abs({{ amount }}) < 1000000000
            then cast(cast({{ amount }} as bigint) as decimal(28, 12))
        else cast(cast({{ amount }} as string) as decimal(28, 12))
    end
{%- endmacro %}
