-- Without a level of prices for the year of the report no service would have a value, and the figures would be nil.

with settings as (
    select max(case when setting = 'price_year' then value end) as price_year
    from {{ ref('programme_settings') }}
)

select settings.price_year
from settings
left join {{ ref('deflators') }} as deflators
    on settings.price_year = deflators.price_year
where deflators.price_year is null
