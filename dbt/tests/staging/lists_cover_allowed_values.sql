-- Every coded value of the contract whose meaning stands in a seed has it there, and the seeds of accommodation and
-- services have none that no export could bring.
{{ config(tags=['seeds']) }}

with

allowed as (

    {{ allowed_values() }}

),

listed as (

    select
        'caseload' as export,
        'destination' as column_name,
        destination as value
    from {{ ref('destinations') }}
    union all
    select
        'caseload' as export,
        'ethnicity' as column_name,
        ethnicity as value
    from {{ ref('ethnicity_groups') }}
    union all
    select
        'accommodation' as export,
        'type' as column_name,
        type as value
    from {{ ref('accommodation_types') }}
    union all
    select
        'service_use' as export,
        'service' as column_name,
        service as value
    from {{ ref('services') }}

)

select
    coalesce(allowed.export, listed.export) as export,
    coalesce(allowed.column_name, listed.column_name) as column_name,
    coalesce(allowed.value, listed.value) as value
from allowed
full outer join listed
    on
        allowed.export = listed.export
        and allowed.column_name = listed.column_name
        and allowed.value = listed.value
where
    (
        listed.value is null
        and concat(allowed.export, '.', allowed.column_name) in (
            'caseload.destination', 'caseload.ethnicity', 'accommodation.type', 'service_use.service'
        )
    )
    or (allowed.value is null and listed.export in ('accommodation', 'service_use'))
