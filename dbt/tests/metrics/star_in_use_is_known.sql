-- The star in use is one of the contract's, or the one with most readings. With any other value there would be no readings,
-- and the figures of stars would be empty in silence.
{{ config(tags=['seeds']) }}

select
    setting,
    value
from {{ ref('programme_settings') }}
where
    setting = 'star_in_use'
    and value not in ('most_readings', 'homelessness_star', 'home_star', 'recovery_star')
