-- Budget years of a client leave no gap and do not overlap: every payment up to the latest as-at day stands in one of them.
-- A row here is a payment of a client that stands in none or in several.

with payments as (
    select
        payments.client_key,
        payments.counted_on,
        count(*) as lines
    from {{ ref('metric_budget_spent') }} as payments
    inner join {{ ref('dim_as_at_days') }} as days
        on payments.counted_on <= days.as_at
    where days.is_latest
    group by
        payments.client_key,
        payments.counted_on
),

client_years as (
    select * from {{ ref('int_client_years') }}
)

select
    payments.client_key,
    payments.counted_on,
    count(client_years.client_key) as client_years
from payments
left join client_years
    on
        payments.client_key = client_years.client_key
        and payments.counted_on >= client_years.year_start
        and payments.counted_on <= client_years.year_end
group by
    payments.client_key,
    payments.counted_on
having count(client_years.client_key) <> 1
