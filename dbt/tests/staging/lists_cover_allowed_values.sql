-- Every destination and ethnicity that the contract allows has its meaning in the seeds.
{{ config(tags=['seeds']) }}

with

allowed as (

    {{ allowed_values() }}

)

select
    allowed.column_name,
    allowed.value
from allowed
left join {{ ref('destinations') }} as destinations on allowed.value = destinations.destination
left join {{ ref('ethnicity_groups') }} as ethnicities on allowed.value = ethnicities.ethnicity
where
    (allowed.column_name = 'destination' and destinations.destination is null)
    or (allowed.column_name = 'ethnicity' and ethnicities.ethnicity is null)
