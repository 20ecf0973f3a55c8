{% for export in staged_exports() %}
    {{ date_ranges(export) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
