-- load_number counts the loads of an export that are known, from the oldest to the current one. It is empty for files
-- that were refused or known already, and for loads that came after the control's known_by.
with

known as (

    select
        ledger.load_id,
        row_number() over (
            partition by ledger.export
            order by ledger.extract_date, ledger.revision, ledger.received_at, ledger.load_id
        ) as load_number,
        row_number() over (
            partition by ledger.export
            order by ledger.extract_date desc, ledger.revision desc, ledger.received_at desc, ledger.load_id desc
        ) as age
    from {{ source('landing', 'loads') }} as ledger
    inner join {{ source('landing', 'control') }} as control on ledger.known_from <= control.known_by
    where ledger.status = 'loaded'

)

select
    ledger.load_id,
    ledger.export,
    ledger.file_name,
    ledger.sha256,
    ledger.file_bytes,
    ledger.encoding,
    ledger.delimiter,
    ledger.sheet,
    ledger.extract_date,
    ledger.revision,
    ledger.received_at,
    ledger.known_from,
    ledger.status,
    ledger.reason,
    ledger.rows_in_file,
    ledger.rows_skipped,
    ledger.rows_landed,
    ledger.stated_rows,
    ledger.ignored_columns,
    ledger.warnings,
    cast(known.load_number as integer) as load_number,
    coalesce(known.age = 1, false) as is_current
from {{ source('landing', 'loads') }} as ledger
inner join {{ source('landing', 'control') }} as control on ledger.known_from <= control.known_by
left join known on ledger.load_id = known.load_id
