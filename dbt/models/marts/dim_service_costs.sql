-- What one event of a service is worth: the cost of the edition, and the same in the prices of the year that the
-- programme reports in. Services without a unit cost are not here: the edition has no line for them, or they would
-- count twice.
with

report_prices as (

    select
        deflators.price_year,
        deflators.index_value
    from {{ ref('deflators') }} as deflators
    inner join {{ ref('programme_settings') }} as settings
        on settings.setting = 'price_year' and deflators.price_year = settings.value

)

select
    services.service,
    services.service_group,
    unit_costs.code as unit_cost_code,
    unit_costs.payer,
    unit_costs.edition,
    unit_costs.price_year,
    unit_costs.cost_gbp,
    report_prices.price_year as report_price_year,
    cast(
        round(
            cast(unit_costs.cost_gbp as double) * cast(report_prices.index_value as double)
            / cast(own_prices.index_value as double),
            2
        ) as decimal(12, 2)
    ) as report_cost_gbp
from {{ ref('services') }} as services
inner join {{ ref('unit_costs') }} as unit_costs on services.unit_cost_code = unit_costs.code
inner join {{ ref('deflators') }} as own_prices on unit_costs.price_year = own_prices.price_year
cross join report_prices
