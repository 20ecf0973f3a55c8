with

files as (

    select
        export,
        count(*) as files_loaded,
        max(received_at) as last_received_at
    from {{ ref('fct_loads') }}
    where load_number is not null
    group by export

)

select
    exports.export,
    exports.label,
    cast(coalesce(files.files_loaded, 0) as integer) as files_loaded,
    loads.extract_date as last_extract_date,
    files.last_received_at,
    coalesce(loads.rows_loaded, 0) as rows_loaded,
    coalesce(loads.rows_duplicate, 0) as rows_duplicate,
    coalesce(loads.rows_rejected, 0) as rows_rejected,
    coalesce(loads.rows_skipped, 0) as rows_skipped,
    files.files_loaded is not null as ever_received
from {{ ref('stg_exports') }} as exports
left join files on exports.export = files.export
left join {{ ref('fct_loads') }} as loads on exports.export = loads.export and loads.is_current
