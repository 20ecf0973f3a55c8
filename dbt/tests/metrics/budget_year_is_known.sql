-- Clients' budget years begin in April, on the anniversaries of their first start or on those of the programme's first day.
-- With any other value nobody would have a budget year, and the figures would be empty in silence.
{{ config(tags=['seeds']) }}

select
    setting,
    value
from {{ ref('programme_settings') }}
where
    setting = 'budget_year'
    and value not in ('april', 'anniversary', 'programme_year')
