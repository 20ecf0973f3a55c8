-- Whether each open person had an Outcomes Star in the quarter of each as-at day, or one is due; beside it the days from
-- which this follows, for who asks for the Stars.
with settings as (
    select
        cast(max(case when setting = 'star_interval_months' then value end) as integer) as interval_months,
        cast(max(case when setting = 'star_grace_days' then value end) as integer) as grace_days,
        coalesce(cast(max(case when setting = 'quarter_start_month' then value end) as integer), 1) as quarter_start_month
    from {{ ref('programme_settings') }}
),

spells as (
    select
        *,
        lag(end_date) over (
            partition by client_key
            order by spell_number
        ) as previous_end
    from {{ ref('int_support_spells') }}
),

open_people as (
    select
        caseload.*,
        spells.start_date,
        {{ quarter_start('caseload.counted_on', 'settings.quarter_start_month') }} as quarter_start,
        -- A star of the support before, its last day included, tells nothing of this one; one made between the two
        -- was made for this one.
        case
            when spells.previous_end is not null
                then least(spells.start_date, cast(spells.previous_end + interval '1' day as date))
        end as stars_from
    from {{ ref('metric_open_caseload') }} as caseload
    cross join settings
    inner join spells
        on caseload.episode_key = spells.episode_key
),

readings as (
    select * from {{ ref('int_star_readings_in_use') }}
),

drafts as (
    select * from {{ ref('fct_star_readings') }}
    where status = 'draft'
),

stars as (
    select
        open_people.counted_on,
        open_people.client_key,
        max(case when readings.completed_date >= open_people.quarter_start then 1 else 0 end) as done_in_quarter,
        max(case when readings.completed_date < open_people.quarter_start then readings.completed_date end) as done_before
    from open_people
    inner join readings
        on
            open_people.counted_on = readings.as_at
            and open_people.client_key = readings.client_key
            and (open_people.stars_from is null or readings.completed_date >= open_people.stars_from)
    group by
        open_people.counted_on,
        open_people.client_key
),

drafted as (
    select distinct
        open_people.counted_on,
        open_people.client_key
    from open_people
    inner join drafts
        on
            open_people.client_key = drafts.client_key
            and open_people.quarter_start <= drafts.completed_date
            and open_people.counted_on >= drafts.completed_date
            and (open_people.stars_from is null or drafts.completed_date >= open_people.stars_from)
),

due as (
    select
        open_people.client_key,
        open_people.episode_key,
        open_people.counted_on,
        open_people.amount,
        open_people.out_of,
        coalesce(stars.done_in_quarter, 0) as done_in_quarter,
        coalesce(stars.done_before, open_people.start_date) as counted_from,
        cast(
            case
                when stars.done_before is null then open_people.start_date
                else {{ add_months('stars.done_before', 'settings.interval_months') }}
            end + settings.grace_days * interval '1' day as date
        ) as last_day_of_grace
    from open_people
    cross join settings
    left join stars
        on
            open_people.counted_on = stars.counted_on
            and open_people.client_key = stars.client_key
)

select
    due.client_key,
    due.episode_key,
    due.counted_on,
    due.amount,
    due.out_of,
    due.counted_from,
    due.last_day_of_grace,
    case
        when due.done_in_quarter = 1 then 'done'
        when due.last_day_of_grace >= due.counted_on then 'not_due'
        when drafted.client_key is not null then 'due_draft'
        else 'due_not_done'
    end as star_due
from due
left join drafted
    on
        due.counted_on = drafted.counted_on
        and due.client_key = drafted.client_key
