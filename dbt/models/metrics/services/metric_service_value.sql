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

quarters as (
    select
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        service_costs.service_group,
        sum(service_use.events * service_costs.report_cost_gbp) as value_gbp
    from service_use
    inner join service_costs
        on service_use.service = service_costs.service
    group by
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        service_costs.service_group
)

select
    quarters.client_key,
    cast(null as string) as episode_key,
    periods.period_end as counted_on,
    cast(periods.period_type as string) as period_type,
    cast(quarters.value_gbp as double) as amount,
    cast(1 as double) as out_of,
    quarters.service_group
from periods
inner join quarters
    on
        periods.period_start <= quarters.quarter_start
        and periods.period_end >= quarters.quarter_end
