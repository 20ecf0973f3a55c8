-- The share of the allowance is worked out for years from April only; another budget year would be ignored in silence.
{{ config(tags=['seeds']) }}

select
    setting,
    value
from {{ ref('programme_settings') }}
where
    setting = 'budget_year'
    and value <> 'april'
