-- Every settled home that somebody came to after a quarter in none, and whether the same person was in a settled home in each
-- quarter from then to six and to twelve months later; one row for each as-at day by which the last of them is over.

with accommodation as (
    select * from {{ ref('fct_accommodation') }}
),

accommodation_types as (
    select * from {{ ref('accommodation_types') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- Per cent of each quarter of a person.
percentages as (
    select
        accommodation.client_key,
        accommodation.quarter_start,
        sum(case when accommodation_types.is_settled then accommodation.percent else 0 end) as settled,
        sum(accommodation.percent) as known,
        greatest(sum(accommodation.percent), 100) as whole
    from accommodation
    inner join accommodation_types
        on accommodation.accommodation_type = accommodation_types.type
    where accommodation.accommodation_type <> 'not_known'
    group by
        accommodation.client_key,
        accommodation.quarter_start
),

-- Half of the whole quarter makes it settled; it is not settled where half is out of reach, whatever the rest was. In between
-- it could have gone either way, and is not known. Two references of one person may record more than the whole, and then it
-- is half of that.
quarters as (
    select
        client_key,
        quarter_start,
        case
            when 2 * settled >= whole then 'settled'
            when 2 * (settled + whole - known) < whole then 'not_settled'
            else 'not_known'
        end as status
    from percentages
),

with_earlier_quarters as (
    select
        client_key,
        quarter_start,
        status,
        max(case when status = 'not_settled' then 1 else 0 end) over (
            partition by client_key
            order by quarter_start
            rows between unbounded preceding and 1 preceding
        ) as was_not_settled
    from quarters
),

-- Who was settled from the first quarter on did not come to it here, and nor did who may have been.
begun as (
    select
        client_key,
        min(quarter_start) as quarter_start
    from with_earlier_quarters
    where
        status = 'settled'
        and was_not_settled = 1
    group by client_key
),

times as (
    select 6 as months_after
    union all
    select 12 as months_after
),

-- A home that was lost and found again in between was not held.
held as (
    select
        begun.client_key,
        times.months_after,
        begun.quarter_start,
        sum(case when quarters.status = 'settled' then 1 else 0 end) as quarters_settled,
        sum(case when quarters.status = 'not_settled' then 1 else 0 end) as quarters_not_settled
    from begun
    cross join times
    inner join quarters
        on
            begun.client_key = quarters.client_key
            and begun.quarter_start <= quarters.quarter_start
            and quarters.quarter_start <= {{ add_months('begun.quarter_start', 'times.months_after') }}
    group by
        begun.client_key,
        times.months_after,
        begun.quarter_start
)

select
    as_at_days.as_at,
    held.client_key,
    held.months_after,
    case
        when held.quarters_not_settled > 0 then 'not_held'
        when 3 * (held.quarters_settled - 1) = held.months_after then 'held'
        else 'not_known'
    end as tenancy
from held
inner join as_at_days
    on cast({{ add_months('held.quarter_start', 'held.months_after + 3') }} - interval '1 day' as date) <= as_at_days.as_at
