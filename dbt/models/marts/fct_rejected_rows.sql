with

findings as (

    {% for export in staged_exports() %}
        {{ row_findings(export) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered as (

    select
        load_id,
        export,
        source_file,
        source_line,
        -- A row without its key can only be found again by its line.
        coalesce(record_key, concat('line ', cast(source_line as string))) as record_key,
        column_name,
        value,
        reason,
        row_is_kept,
        row_number() over (
            partition by load_id, export, column_name, reason, coalesce(record_key, concat('line ', cast(source_line as string)))
            order by source_line
        ) as occurrence
    from findings

)

select
    {{ finding_id('export', 'reason', 'column_name', 'record_key', 'occurrence') }} as finding_id,
    load_id,
    export,
    source_file,
    source_line,
    record_key,
    column_name,
    value,
    reason,
    row_is_kept
from numbered
