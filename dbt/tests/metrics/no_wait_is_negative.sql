-- A wait lasts no day or some, and ends in one of three ways; survival counts nothing else. A row here is another one.
{% for metric_id in ['wait_to_decision', 'wait_to_allocation', 'wait_to_first_contact', 'wait_to_start'] %}
    select
        '{{ metric_id }}' as metric_id,
        counted_on,
        amount,
        outcome
    from {{ ref('metric_' ~ metric_id) }}
    where
        amount is null
        or amount < 0
        or outcome is null
    {{ "union all" if not loop.last }}
{% endfor %}
