-- Every row of every file is loaded, a duplicate, rejected or skipped, and nothing else. Only a refused file may have
-- rows that could not be counted.
select
    load_id,
    rows_in_file,
    rows_loaded,
    rows_duplicate,
    rows_rejected,
    rows_skipped
from {{ ref('fct_loads') }}
where
    rows_loaded + rows_duplicate + rows_rejected + rows_skipped <> rows_in_file
    or (rows_in_file is null and status <> 'refused')
