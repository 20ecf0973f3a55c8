select
    line_id as line_key,
    spent_date,
    amount,
    coalesce(purpose, 'not_known') as purpose
from {{ ref('stg_petty_cash') }}
