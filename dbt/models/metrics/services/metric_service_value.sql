with service_use as (
    select * from {{ ref('fct_service_use') }}
    where events is not null
),

service_costs as (
    select * from {{ ref('dim_service_costs') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('quarter', 'year')
),

services_in_group as (
    select
        service_group,
        count(*) as services
    from service_costs
    group by service_group
),

-- Each quarter of a person once for each service that is known.
valued as (
    select
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        service_costs.service,
        service_costs.service_group,
        service_use.events * service_costs.report_cost_gbp as value_gbp
    from service_use
    inner join service_costs
        on service_use.service = service_costs.service
),

groups_valued as (
    select
        valued.client_key,
        valued.quarter_start,
        valued.quarter_end,
        valued.service_group,
        sum(valued.value_gbp) as value_gbp,
        count(*) = max(services_in_group.services) as is_whole
    from valued
    inner join services_in_group
        on valued.service_group = services_in_group.service_group
    group by
        valued.client_key,
        valued.quarter_start,
        valued.quarter_end,
        valued.service_group
),

quarters as (
    select
        client_key,
        quarter_start,
        quarter_end,
        value_gbp,
        1 as out_of,
        service,
        cast(null as string) as service_group
    from valued
    union all
    select
        client_key,
        quarter_start,
        quarter_end,
        value_gbp,
        case when is_whole then 1 end as out_of,
        cast(null as string) as service,
        service_group
    from groups_valued
    union all
    -- A quarter with a service that is not known is in the total alone: its sum is too low for the mean. This row, which adds
    -- nothing, says that the mean of the group is one of quarters, also where there is no whole one.
    select
        client_key,
        quarter_start,
        quarter_end,
        0 as value_gbp,
        0 as out_of,
        cast(null as string) as service,
        service_group
    from groups_valued
    where not is_whole
)

select
    quarters.client_key,
    cast(null as string) as episode_key,
    periods.period_end as counted_on,
    cast(periods.period_type as string) as period_type,
    cast(quarters.value_gbp as double) as amount,
    cast(quarters.out_of as double) as out_of,
    quarters.service,
    quarters.service_group
from periods
inner join quarters
    on
        periods.period_start <= quarters.quarter_start
        and periods.period_end >= quarters.quarter_end
