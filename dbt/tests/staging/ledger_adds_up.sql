-- Every row of a loaded file is loaded, a duplicate, rejected or skipped, and nothing else.
select
    load_id,
    rows_in_file,
    rows_loaded,
    rows_duplicate,
    rows_rejected,
    rows_skipped
from {{ ref('fct_loads') }}
where
    load_number is not null
    and rows_loaded + rows_duplicate + rows_rejected + rows_skipped <> rows_in_file
