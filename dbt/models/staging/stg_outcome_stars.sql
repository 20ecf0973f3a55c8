-- One row a reading, whether its file holds it in one row with all areas or in a row for each. A reading whose rows were
-- partly rejected keeps the areas of the others.
with

accepted as (

    {{ current_rows('outcome_stars') }}

)

select
    client_id,
    star_version,
    completed_date,
    completed_by,
    max(status) as status,
    {% for number in range(1, 11) %}
        max(case when area is null then area_{{ number }} when area = 'area_{{ number }}' then score end) as area_{{ number }},
    {% endfor %}
    record_key,
    load_id,
    min(source_line) as source_line
from accepted
group by
    client_id,
    star_version,
    completed_date,
    completed_by,
    record_key,
    load_id
