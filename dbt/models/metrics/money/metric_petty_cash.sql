with petty_cash as (
    select * from {{ ref('fct_petty_cash') }}
)

select
    line_key as client_key,
    cast(null as string) as episode_key,
    spent_date as counted_on,
    cast(amount as double) as amount,
    cast(null as double) as out_of,
    purpose
from petty_cash
