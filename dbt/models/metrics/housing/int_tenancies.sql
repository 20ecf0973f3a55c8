-- Every settled home that somebody came to after a quarter in none, and whether the same person was in a settled home
-- six and twelve months later; one row for each as-at day by which the later quarter is over.

with accommodation as (
    select * from {{ ref('fct_accommodation') }}
),

accommodation_types as (
    select * from {{ ref('accommodation_types') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- Quarters of which something is known. Half of the whole quarter makes it settled, also where less of it is recorded; two
-- references of one person may record more than the whole, and then it is half of that.
quarters as (
    select
        accommodation.client_key,
        accommodation.quarter_start,
        2 * sum(case when accommodation_types.is_settled then accommodation.percent else 0 end)
        >= greatest(sum(accommodation.percent), 100) as is_settled
    from accommodation
    inner join accommodation_types
        on accommodation.accommodation_type = accommodation_types.type
    where accommodation.accommodation_type <> 'not_known'
    group by
        accommodation.client_key,
        accommodation.quarter_start
    having sum(accommodation.percent) > 0
),

with_earlier_quarters as (
    select
        client_key,
        quarter_start,
        is_settled,
        max(case when is_settled then 0 else 1 end) over (
            partition by client_key
            order by quarter_start
            rows between unbounded preceding and 1 preceding
        ) as was_not_settled
    from quarters
),

-- Who was settled from the first quarter on did not come to it here.
begun as (
    select
        client_key,
        min(quarter_start) as quarter_start
    from with_earlier_quarters
    where
        is_settled
        and was_not_settled = 1
    group by client_key
),

times as (
    select 6 as months_after
    union all
    select 12 as months_after
),

later_quarters as (
    select
        begun.client_key,
        times.months_after,
        {{ add_months('begun.quarter_start', 'times.months_after') }} as quarter_start,
        cast({{ add_months('begun.quarter_start', 'times.months_after + 3') }} - interval '1 day' as date) as quarter_end
    from begun
    cross join times
)

select
    as_at_days.as_at,
    later_quarters.client_key,
    later_quarters.months_after,
    case
        when quarters.is_settled is null then 'not_known'
        when quarters.is_settled then 'held'
        else 'not_held'
    end as tenancy
from later_quarters
inner join as_at_days
    on later_quarters.quarter_end <= as_at_days.as_at
left join quarters
    on
        later_quarters.client_key = quarters.client_key
        and later_quarters.quarter_start = quarters.quarter_start
