-- One row a reading, whether its file holds it in one row with all areas or in a row for each. A reading whose rows were
-- partly rejected keeps the areas of the others. Of stars that come as changes each area's latest row counts, a row with
-- all areas for each of them, and the latest of a reading's loads stands for it.
with

accepted as (

    {{ current_rows('outcome_stars') }}

),

dated as (

    select
        *,
        max(load_number) over (partition by record_key) as latest_load_number,
        coalesce(max(case when area is null then load_number end) over (partition by record_key), 0) as whole_load_number
    from accepted

)

select
    client_id,
    star_version,
    completed_date,
    completed_by,
    max(case when load_number = latest_load_number then status end) as status,
    {% for number in range(1, 11) %}
        case
            when max(case when area = 'area_{{ number }}' then 1 end) = 1
                then max(case when area = 'area_{{ number }}' then score end)
            else max(case when area is null then area_{{ number }} end)
        end as area_{{ number }},
    {% endfor %}
    record_key,
    max(case when load_number = latest_load_number then load_id end) as load_id,
    min(case when load_number = latest_load_number then source_line end) as source_line
from dated
where area is null or load_number > whole_load_number
group by
    client_id,
    star_version,
    completed_date,
    completed_by,
    record_key
