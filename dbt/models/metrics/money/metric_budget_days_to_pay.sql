with budget_lines as (
    select * from {{ ref('fct_budget_lines') }}
)

select
    client_key,
    cast(null as string) as episode_key,
    paid_date as counted_on,
    cast({{ days_between("agreed_date", "paid_date") }} as double) as amount,
    cast(null as double) as out_of
from budget_lines
-- A refund is not paid to anybody; a payment before the agreement was agreed later and says nothing of the wait. Without
-- both days the comparison is unknown and leaves the line out.
where
    status = 'paid'
    and paid_date >= agreed_date
