-- load_number counts the loads of an export that are known, from the oldest to the current one. It is empty for files
-- that were refused or known already, and for loads that came after the control's known_by.
with

ledger as (

    select loads.*
    from {{ source('landing', 'loads') }} as loads
    inner join {{ source('landing', 'control') }} as control on loads.known_from <= control.known_by

),

dated_contents as (

    select distinct
        export,
        sha256
    from ledger
    where status = 'loaded' and coalesce(has_dated_name, true)

),

-- A file without a date gives way to a file of the same content whose name has one: else the day on which it happened to
-- arrive would make an old extract the newest, and figures would depend on which of the two came first.
settled as (

    select
        ledger.*,
        case when dated_contents.sha256 is null then ledger.status else 'duplicate' end as settled_status,
        case
            when dated_contents.sha256 is null then ledger.reason
            else 'the same content came with the date in its name, and counts as the extract of that day'
        end as settled_reason
    from ledger
    left join dated_contents
        on
            ledger.status = 'loaded' and not ledger.has_dated_name
            and ledger.export = dated_contents.export and ledger.sha256 = dated_contents.sha256

),

known as (

    select
        load_id,
        row_number() over (
            partition by export
            order by extract_date, revision, received_at, load_id
        ) as load_number,
        row_number() over (
            partition by export
            order by extract_date desc, revision desc, received_at desc, load_id desc
        ) as age
    from settled
    where settled_status = 'loaded'

)

select
    settled.load_id,
    settled.export,
    settled.file_name,
    settled.sha256,
    settled.file_bytes,
    settled.encoding,
    settled.delimiter,
    settled.sheet,
    settled.extract_date,
    settled.revision,
    settled.received_at,
    settled.known_from,
    settled.settled_status as status,
    settled.settled_reason as reason,
    settled.rows_in_file,
    settled.rows_skipped,
    settled.rows_landed,
    settled.stated_rows,
    settled.ignored_columns,
    settled.warnings,
    coalesce(settled.has_dated_name, true) as has_dated_name,
    cast(known.load_number as integer) as load_number,
    coalesce(known.age = 1, false) as is_current
from settled
left join known on settled.load_id = known.load_id
