-- Costs of two editions do not add up, and whoever reads a value must know the edition that it rests on: there is one,
-- and the words of the figure name it.

with unit_costs as (
    select * from {{ ref('unit_costs') }}
),

service_value as (
    select * from {{ ref('metric_definitions') }}
    where metric_id = 'service_value'
),

editions as (
    select
        min(edition) as edition,
        count(distinct edition) as editions
    from unit_costs
)

select
    editions.edition,
    editions.editions
from editions
cross join service_value
where
    editions.editions <> 1
    or service_value.caveats not like concat('%', editions.edition, '%')
