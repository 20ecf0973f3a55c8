-- Which way a score went between two readings; who has no two readings to compare is no_pair and stays in the table.
{% macro direction_of_change(points) -%}
    case
        when {{ points }} > 0 then 'up'
        when {{ points }} < 0 then 'down'
        when {{ points }} = 0 then 'same'
        else 'no_pair'
    end
{%- endmacro %}
