{% for export in staged_exports() %}
    {{ row_findings(export) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
