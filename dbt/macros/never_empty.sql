-- Generic test: these columns have a value in every row. One test a table, not one a column: each is a query.
{% test never_empty(model, columns) %}
select {{ columns | join(", ") }}
from {{ model }}
where {{ columns | join(" is null or ") }} is null
{% endtest %}
