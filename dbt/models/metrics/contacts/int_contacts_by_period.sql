-- How many contacts and attempts each person had in each period and place. People count whether they were open or not:
-- much work goes before a start.

with contacts as (
    select * from {{ ref('fct_contacts') }}
    -- Without a result a row is neither a contact nor an attempt.
    where result is not null
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('quarter', 'year', 'programme')
)

select
    periods.period_type,
    periods.period_end,
    contacts.client_key,
    contacts.result,
    contacts.setting,
    count(*) as contacts
from periods
inner join contacts
    on
        periods.period_start <= contacts.contact_date
        and periods.period_end >= contacts.contact_date
group by
    periods.period_type,
    periods.period_end,
    contacts.client_key,
    contacts.result,
    contacts.setting
