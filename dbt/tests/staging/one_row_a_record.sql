-- In what figures rest on, every record of every export stands once, and every row has its key.
with

records as (

    {% for export in staged_exports() %}
        select
            '{{ export }}' as export,
            record_key
        from {{ ref('stg_' ~ export) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    export,
    record_key,
    count(*) as row_count
from records
group by
    export,
    record_key
having count(*) > 1 or record_key is null
