-- Rules about records, cells that were emptied while their row stayed, vanished records and odd files, in one shape.
with

records as (

    {% for export, model in warning_models() %}
        select
            '{{ export }}' as export,
            rule,
            record_key
        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

places as (

    {% for export in staged_exports() %}
        select
            '{{ export }}' as export,
            record_key,
            max({{ client_of(export) }}) as client_id,
            max(load_id) as load_id,
            min(source_line) as source_line
        from {{ ref('stg_' ~ export) }}
        where record_key in (select record_key from records)
        group by record_key
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

found as (

    select
        {{ finding_id('records.export', 'records.rule', "''", 'records.record_key') }} as warning_id,
        records.export,
        records.rule,
        cast(null as string) as column_name,
        records.record_key,
        coalesce(people.person_id, places.client_id) as client_key,
        loads.extract_date,
        loads.file_name as source_file,
        places.source_line,
        cast(null as string) as value
    from records
    left join places on records.export = places.export and records.record_key = places.record_key
    left join {{ ref('stg_loads') }} as loads on places.load_id = loads.load_id
    left join {{ ref('stg_people') }} as people on places.client_id = people.client_id

    union all

    select
        findings.finding_id as warning_id,
        findings.export,
        findings.reason as rule,
        findings.column_name,
        findings.record_key,
        findings.client_key,
        findings.extract_date,
        findings.source_file,
        findings.source_line,
        findings.value
    from {{ ref('fct_rejected_rows') }} as findings
    where findings.is_open and findings.row_is_kept

    union all

    select
        {{ finding_id('vanished.export', "'vanished'", "''", 'vanished.record_key') }} as warning_id,
        vanished.export,
        'vanished' as rule,
        cast(null as string) as column_name,
        vanished.record_key,
        cast(null as string) as client_key,
        loads.extract_date,
        loads.file_name as source_file,
        vanished.last_seen_line as source_line,
        cast(null as string) as value
    from {{ ref('fct_vanished_keys') }} as vanished
    inner join {{ ref('stg_loads') }} as loads on vanished.last_seen_load_id = loads.load_id

    union all

    select
        {{ finding_id("coalesce(export, 'not_recognised')", "'file_refused'", "''", 'load_id') }} as warning_id,
        coalesce(export, 'not_recognised') as export,
        'file_refused' as rule,
        cast(null as string) as column_name,
        load_id as record_key,
        cast(null as string) as client_key,
        extract_date,
        file_name as source_file,
        cast(null as integer) as source_line,
        cast(null as string) as value
    from {{ ref('stg_loads') }} as refused
    -- Until a file of a later day or version is taken, or one of the same that came after it. A refused file whose name
    -- has no date is settled by what comes after it. One whose name tells no export takes nobody's place: it is settled
    -- by its own content under a right name, or by whoever accepts that it is no export.
    where
        status = 'refused'
        and not exists (
            select 1
            from {{ ref('stg_loads') }} as renamed
            where refused.export is null and renamed.sha256 = refused.sha256 and renamed.load_number is not null
        )
        and not exists (
            select 1
            from {{ ref('stg_loads') }} as taken
            where
                taken.export = refused.export and taken.load_number is not null
                and (
                    taken.extract_date > refused.extract_date
                    or (taken.extract_date = refused.extract_date and taken.revision > refused.revision)
                    or (
                        taken.received_at >= refused.received_at
                        and (
                            not refused.has_dated_name
                            or (taken.extract_date = refused.extract_date and taken.revision = refused.revision)
                        )
                    )
                )
        )

    union all

    select
        -- By its words, so that the same oddity of the next file is the same warning.
        {{ finding_id('export', "'file_warning'", "''", 'warnings') }} as warning_id,
        export,
        'file_warning' as rule,
        cast(null as string) as column_name,
        load_id as record_key,
        cast(null as string) as client_key,
        extract_date,
        file_name as source_file,
        cast(null as integer) as source_line,
        cast(null as string) as value
    from {{ ref('stg_loads') }}
    where is_current and warnings is not null

    union all

    select
        {{ finding_id('loads.export', "'same_content'", "''", 'loads.load_id') }} as warning_id,
        loads.export,
        'same_content' as rule,
        cast(null as string) as column_name,
        loads.load_id as record_key,
        cast(null as string) as client_key,
        loads.extract_date,
        loads.file_name as source_file,
        cast(null as integer) as source_line,
        cast(null as string) as value
    from {{ ref('stg_loads') }} as loads
    -- Of two extracts with one content the later one is told, whichever came first.
    where
        loads.is_current
        and exists (
            select 1
            from {{ ref('stg_loads') }} as earlier
            where
                earlier.export = loads.export and earlier.sha256 = loads.sha256
                and earlier.load_number < loads.load_number
        )

),

decisions as (

    select
        decisions.warning_id,
        decisions.decision,
        row_number() over (
            partition by decisions.warning_id
            order by decisions.decided_at desc, decisions.decision desc
        ) as age
    from {{ source('landing', 'warning_decisions') }} as decisions
    inner join {{ source('landing', 'control') }} as control on decisions.decided_at <= control.known_by

)

select
    found.warning_id,
    found.export,
    found.rule,
    found.column_name,
    found.record_key,
    found.client_key,
    found.extract_date,
    found.source_file,
    found.source_line,
    found.value,
    'warn' as severity,
    coalesce(decisions.decision = 'accepted', false) as is_accepted
from found
left join decisions on found.warning_id = decisions.warning_id and decisions.age = 1
