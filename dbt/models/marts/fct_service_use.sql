with

service_use as (

    select
        coalesce(people.person_id, service_use.client_id) as client_key,
        service_use.quarter_start,
        service_use.service,
        service_use.events
    from {{ ref('stg_service_use') }} as service_use
    left join {{ ref('stg_people') }} as people on service_use.client_id = people.client_id

)

select
    client_key,
    quarter_start,
    cast({{ add_months('quarter_start', 3) }} - interval '1 day' as date) as quarter_end,
    service,
    -- A sum leaves empty counts out and is empty where all are: a blank is not known, and never none.
    cast(sum(events) as integer) as events
from service_use
group by
    client_key,
    quarter_start,
    service
