with open_people as (
    select * from {{ ref('metric_open_caseload') }}
),

workers_on_day as (
    select * from {{ ref('int_workers_on_day') }}
),

roles as (
    select
        as_at,
        client_key,
        max(case when role = 'lead' then 1 else 0 end) as has_lead,
        max(case when role = 'second' then 1 else 0 end) as has_second,
        max(case when role = 'third' then 1 else 0 end) as has_third
    from workers_on_day
    group by
        as_at,
        client_key
)

select
    open_people.client_key,
    open_people.episode_key,
    open_people.counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    case
        when coalesce(roles.has_lead, 0) = 0 then 'none'
        when roles.has_third = 1 then 'third_too'
        when roles.has_second = 1 then 'lead_and_second'
        else 'lead_only'
    end as allocation
from open_people
left join roles
    on
        open_people.counted_on = roles.as_at
        and open_people.client_key = roles.client_key
