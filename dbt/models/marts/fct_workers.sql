select
    worker_id as worker_key,
    role,
    start_date,
    end_date,
    secondment_end_date,
    fte
from {{ ref('stg_workers') }}
