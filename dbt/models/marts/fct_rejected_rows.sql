with

findings as (

    {% for export in staged_exports() %}
        {{ row_findings(export) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- Of an export that sends changes only: the load in which a record was last taken in.
taken_in as (

    {% for export in staged_exports() %}
        select
            exports.export,
            records.record_key,
            max(loads.load_number) as load_number
        from {{ ref('stg_' ~ export) }} as records
        inner join {{ ref('stg_loads') }} as loads on records.load_id = loads.load_id
        inner join {{ ref('stg_exports') }} as exports on loads.export = exports.export and exports.extract = 'delta'
        where records.record_key in (select record_key from findings)
        group by exports.export, records.record_key
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

numbered as (

    select
        load_id,
        export,
        source_file,
        source_line,
        -- A row without its key can only be found again in its own file: another file has another row on that line.
        coalesce(record_key, concat('line ', cast(source_line as string), ' of ', load_id)) as record_key,
        client_id,
        column_name,
        value,
        reason,
        row_is_kept,
        -- A cell that counts as empty is known by what stands in it: another value is another finding.
        case when row_is_kept then concat(reason, '=', coalesce(value, '')) else reason end as what,
        row_number() over (
            partition by
                load_id, export, column_name, reason,
                coalesce(record_key, concat('line ', cast(source_line as string), ' of ', load_id))
            order by source_line
        ) as occurrence
    from findings

),

named as (

    select
        {{ finding_id('numbered.export', 'numbered.what', 'numbered.column_name', 'numbered.record_key', 'numbered.occurrence') }}
            as finding_id,
        numbered.load_id,
        numbered.export,
        numbered.source_file,
        numbered.source_line,
        numbered.record_key,
        coalesce(people.person_id, numbered.client_id) as client_key,
        loads.extract_date,
        numbered.column_name,
        numbered.value,
        numbered.reason,
        numbered.row_is_kept,
        loads.load_number,
        case
            when exports.extract = 'full' then loads.is_current
            else coalesce(taken_in.load_number, 0) <= loads.load_number
        end as is_of_what_counts
    from numbered
    inner join {{ ref('stg_loads') }} as loads on numbered.load_id = loads.load_id
    inner join {{ ref('stg_exports') }} as exports on numbered.export = exports.export
    left join {{ ref('stg_people') }} as people on numbered.client_id = people.client_id
    left join taken_in on numbered.export = taken_in.export and numbered.record_key = taken_in.record_key

)

select
    finding_id,
    load_id,
    export,
    source_file,
    source_line,
    extract_date,
    record_key,
    client_key,
    column_name,
    value,
    reason,
    row_is_kept,
    -- Files of changes overlap: the same finding about a record is told once, at its newest place.
    is_of_what_counts
    and row_number() over (partition by finding_id, is_of_what_counts order by load_number desc) = 1 as is_open
from named
