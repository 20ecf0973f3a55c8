{% set breakdowns = ["service", "service_group", "payer"] %}

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

-- Each service stands by itself, among those of its area and among those of its payer.
service_sets as (
    {% for breakdown in breakdowns %}
        select
            service as member,
            report_cost_gbp,
            {% for column in breakdowns %}
                {{ column if column == breakdown else "cast(null as string) as " ~ column }},
            {% endfor %}
            count(*) over (partition by {{ breakdown }}) as services
        from service_costs
        {{ "union all" if not loop.last }}
    {% endfor %}
),

sets_valued as (
    select
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        service_sets.service,
        service_sets.service_group,
        service_sets.payer,
        sum(service_use.events * service_sets.report_cost_gbp) as value_gbp,
        count(*) = max(service_sets.services) as is_whole
    from service_use
    inner join service_sets
        on service_use.service = service_sets.member
    group by
        service_use.client_key,
        service_use.quarter_start,
        service_use.quarter_end,
        service_sets.service,
        service_sets.service_group,
        service_sets.payer
),

quarters as (
    select
        client_key,
        quarter_start,
        quarter_end,
        value_gbp,
        case when is_whole then 1 end as out_of,
        service,
        service_group,
        payer
    from sets_valued
    union all
    -- A quarter with a service that is not known is in the total alone: its sum is too low for the mean. This row, which adds
    -- nothing, says that the mean of an area or payer is one of quarters, also where there is no whole one.
    select
        client_key,
        quarter_start,
        quarter_end,
        0 as value_gbp,
        0 as out_of,
        service,
        service_group,
        payer
    from sets_valued
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
    quarters.service_group,
    quarters.payer
from periods
inner join quarters
    on
        periods.period_start <= quarters.quarter_start
        and periods.period_end >= quarters.quarter_end
