with spells as (
    select * from {{ ref('int_support_spells') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
    where period_type in ('month', 'quarter', 'year', 'programme')
),

-- The days at whose end somebody was open, from the first of them up to the day that is none any more.
open_times as (
    select
        periods.period_type,
        periods.period_end,
        spells.client_key,
        greatest(spells.start_date, periods.period_start) as open_from,
        least(
            coalesce(spells.end_date, cast('9999-12-31' as date)),
            cast(periods.period_end + interval '1' day as date)
        ) as open_until
    from periods
    inner join spells
        on
            periods.period_end >= spells.start_date
            and (spells.end_date is null or periods.period_start < spells.end_date)
)

select
    client_key,
    cast(null as string) as episode_key,
    period_end as counted_on,
    cast(period_type as string) as period_type,
    -- 30.4375 days are a month of 365.25 days a year.
    cast(sum({{ days_between('open_from', 'open_until') }}) as double) / 30.4375 as amount,
    cast(null as double) as out_of
from open_times
-- A start and an end on one day have no day at whose end the person was open.
where open_until > open_from
group by
    client_key,
    period_end,
    period_type
