{% for export in staged_exports() %}
    {{ load_changes(export) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
