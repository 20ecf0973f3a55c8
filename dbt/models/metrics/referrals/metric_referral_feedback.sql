with referrals as (
    select * from {{ ref('fct_referrals') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

days as (
    select * from {{ ref('dim_days') }}
),

settings as (
    select cast(max(case when setting = 'feedback_working_days' then value end) as integer) as feedback_working_days
    from {{ ref('programme_settings') }}
)

select
    referrals.client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    'programme' as period_type,
    case
        when
            -- Word that came after the as-at day has not come yet.
            referrals.feedback_date <= as_at_days.as_at
            and day_of_feedback.working_day_number - day_of_receipt.working_day_number <= settings.feedback_working_days
            then cast(1 as double)
        else cast(0 as double)
    end as amount,
    cast(1 as double) as out_of,
    referrals.referrer_sector
from as_at_days
inner join referrals
    on as_at_days.as_at >= referrals.received_date
inner join days as day_of_receipt
    on referrals.received_date = day_of_receipt.day
inner join days as as_at_day
    on as_at_days.as_at = as_at_day.day
left join days as day_of_feedback
    on referrals.feedback_date = day_of_feedback.day
cross join settings
-- Only referrals that have had all the working days: the newest would else lower the share for a while.
where as_at_day.working_day_number - day_of_receipt.working_day_number >= settings.feedback_working_days
