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

-- The same person and service, known in the quarter of the first start and in the later one.
pairs as (
    select
        baseline.client_key,
        baseline.service,
        times.quarters_after,
        later.quarter_end,
        later.events - baseline.events as events_more
    from spells
    inner join service_use as baseline
        on
            spells.client_key = baseline.client_key
            and baseline.quarter_start = cast(date_trunc('quarter', spells.start_date) as date)
    cross join times
    inner join service_use as later
        on
            baseline.client_key = later.client_key
            and baseline.service = later.service
            and later.quarter_start = {{ add_months('baseline.quarter_start', '3 * times.quarters_after') }}
)

select
    pairs.client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    cast(pairs.events_more as double) as amount,
    cast(null as double) as out_of,
    pairs.service,
    cast(pairs.quarters_after as string) as quarters_after
from pairs
inner join as_at_days
    on pairs.quarter_end <= as_at_days.as_at
