with

outcomes as (

    {% for export in staged_exports() %}
        select
            load_id,
            is_duplicate,
            reject_reasons
        from {{ ref('base_' ~ export) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

counts as (

    select
        load_id,
        sum(case when not is_duplicate and reject_reasons is null then 1 else 0 end) as rows_loaded,
        sum(case when is_duplicate then 1 else 0 end) as rows_duplicate,
        sum(case when not is_duplicate and reject_reasons is not null then 1 else 0 end) as rows_rejected
    from outcomes
    group by load_id

)

select
    loads.load_id,
    loads.export,
    loads.file_name,
    loads.sha256,
    loads.file_bytes,
    loads.encoding,
    loads.delimiter,
    loads.sheet,
    loads.extract_date,
    loads.revision,
    loads.received_at,
    loads.known_from,
    loads.status,
    loads.reason,
    loads.rows_in_file,
    coalesce(loads.rows_skipped, 0) as rows_skipped,
    loads.rows_landed,
    loads.stated_rows,
    loads.ignored_columns,
    loads.warnings,
    loads.load_number,
    loads.is_current,
    cast(coalesce(counts.rows_loaded, 0) as integer) as rows_loaded,
    cast(
        case
            when loads.status = 'duplicate' then coalesce(loads.rows_in_file - loads.rows_skipped, 0)
            else coalesce(counts.rows_duplicate, 0)
        end as integer
    ) as rows_duplicate,
    cast(
        case
            when loads.status = 'refused' then coalesce(loads.rows_in_file - loads.rows_skipped, 0)
            else coalesce(counts.rows_rejected, 0)
        end as integer
    ) as rows_rejected
from {{ ref('stg_loads') }} as loads
left join counts on loads.load_id = counts.load_id
