with service_use as (
    select * from {{ ref('fct_service_use') }}
    where events is not null
),

services as (
    select * from {{ ref('services') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('quarter', 'year')
),

services_of_kind as (
    select
        service_kind,
        count(*) as services
    from services
    group by service_kind
),

-- Each quarter of a person once for each service that is known, and once for each kind of which every service is: with one
-- that is not known the sum would be too low.
quarters as (
    select
        client_key,
        quarter_start,
        quarter_end,
        events,
        service,
        cast(null as string) as service_kind
    from service_use
    union all
    select
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        sum(service_use.events) as events,
        cast(null as string) as service,
        services.service_kind
    from service_use
    inner join services
        on service_use.service = services.service
    inner join services_of_kind
        on services.service_kind = services_of_kind.service_kind
    group by
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        services.service_kind
    having count(*) = max(services_of_kind.services)
)

select
    quarters.client_key,
    cast(null as string) as episode_key,
    periods.period_end as counted_on,
    cast(periods.period_type as string) as period_type,
    cast(quarters.events as double) as amount,
    cast(1 as double) as out_of,
    quarters.service,
    quarters.service_kind
from periods
inner join quarters
    on
        periods.period_start <= quarters.quarter_start
        and periods.period_end >= quarters.quarter_end
