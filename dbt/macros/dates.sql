-- The same day of the month some months later, or the last day of that month.
{% macro add_months(day, months) -%}
    cast({{ day }} + ({{ months }}) * interval '1' month as date)
{%- endmacro %}

-- First day of the financial year that a day falls in.
{% macro financial_year_start(day, start_month) -%}
    {{ add_months("date_trunc('year', " ~ add_months(day, "1 - " ~ start_month) ~ ")", start_month ~ " - 1") }}
{%- endmacro %}

-- First day of the quarter that a day falls in, where the programme's quarters begin in a month and every third after it.
{% macro quarter_start(day, start_month) -%}
    cast({{ add_months("date_trunc('quarter', " ~ add_months(day, "1 - " ~ start_month) ~ ")", start_month ~ " - 1") }} as date)
{%- endmacro %}

-- How many anniversaries of a day have come by another day: 0 in the year that begins with it, negative before it. Of
-- 29 February the anniversary is the 28th where there is no 29th.
{% macro anniversaries(of_day, by_day) -%}
    {%- set calendar_years -%}
        cast(extract(year from {{ by_day }}) - extract(year from {{ of_day }}) as integer)
    {%- endset -%}
    cast(
        {{ calendar_years }}
        - case when {{ by_day }} < {{ add_months(of_day, "12 * " ~ calendar_years) }} then 1 else 0 end as integer
    )
{%- endmacro %}

-- The day whose anniversaries begin somebody's budget years. first_day is what the years run from where each client has
-- years of their own. Empty for a setting that is none of the three.
{% macro budget_year_anchor(budget_year, programme_start, first_month, first_day) -%}
    case {{ budget_year }}
        when 'april' then {{ financial_year_start(programme_start, first_month) }}
        when 'programme_year' then {{ programme_start }}
        when 'anniversary' then {{ first_day }}
    end
{%- endmacro %}
