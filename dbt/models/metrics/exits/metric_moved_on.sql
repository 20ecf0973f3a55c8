with spells as (
    select * from {{ ref('int_support_spells') }}
),

ends as (
    select
        client_key,
        episode_key,
        end_date,
        cohort_status_at_end
    from spells
    where end_date is not null
),

-- The same ends under two denominators: all of them, and all but deaths.
counted_ends as (
    select
        *,
        'all_ends' as ends_counted
    from ends
    union all
    select
        *,
        'ends_without_deaths' as ends_counted
    from ends
    where cohort_status_at_end <> 'died'
)

select
    client_key,
    episode_key,
    end_date as counted_on,
    case when cohort_status_at_end = 'moved_on' then cast(1 as double) else cast(0 as double) end as amount,
    cast(1 as double) as out_of,
    cast(ends_counted as string) as ends_counted
from counted_ends
