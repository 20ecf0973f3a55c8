with budget_lines as (
    select * from {{ ref('fct_budget_lines') }}
)

select
    client_key,
    cast(null as string) as episode_key,
    paid_date as counted_on,
    cast(amount as double) as amount,
    cast(null as double) as out_of,
    category,
    borough
from budget_lines
-- A refund is a negative line on the day it came back.
where
    status in ('paid', 'refunded')
    and paid_date is not null
