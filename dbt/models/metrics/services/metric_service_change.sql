with service_use as (
    select * from {{ ref('fct_service_use') }}
    where events is not null
),

spells as (
    select * from {{ ref('int_support_spells') }}
    where spell_number = 1
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

times as (
    select 4 as quarters_after
    union all
    select 8 as quarters_after
),

services as (
    select * from {{ ref('services') }}
),

-- Everybody by each service, whether it is known or not, so that a figure of change always stands beside those that it does
-- not speak for.
compared as (
    select
        spells.client_key,
        services.service,
        times.quarters_after,
        cast(date_trunc('quarter', spells.start_date) as date) as baseline_start,
        {{ add_months("cast(date_trunc('quarter', spells.start_date) as date)", '3 * times.quarters_after') }} as later_start
    from spells
    cross join services
    cross join times
)

select
    compared.client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    cast(later.events - baseline.events as double) as amount,
    cast(null as double) as out_of,
    compared.service,
    cast(compared.quarters_after as string) as quarters_after
from compared
inner join as_at_days
    on cast({{ add_months('compared.later_start', '3') }} - interval '1' day as date) <= as_at_days.as_at
left join service_use as baseline
    on
        compared.client_key = baseline.client_key
        and compared.service = baseline.service
        and compared.baseline_start = baseline.quarter_start
left join service_use as later
    on
        compared.client_key = later.client_key
        and compared.service = later.service
        and compared.later_start = later.quarter_start
