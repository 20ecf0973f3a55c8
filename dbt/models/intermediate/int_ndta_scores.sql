-- One row for each scored item of each assessment, and one for the total where all ten are scored.
{%- for item in ["item_1", "item_2", "item_3", "item_4", "item_5", "item_6", "item_7", "item_8", "item_9", "item_10", "total"] %}
    select
        record_key,
        '{{ item }}' as item,
        {{ item }} as score
    from {{ ref('stg_ndta') }}
    where {{ item }} is not null
    {% if not loop.last %}union all{% endif %}
{%- endfor %}
