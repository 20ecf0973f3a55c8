with episodes as (
    select * from {{ ref('fct_episodes') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where result = 'successful'
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

-- The first time that the person was met from the allocation on, while the episode lasted.
contacts_by_episode as (
    select
        episodes.episode_key,
        min(contacts.contact_date) as first_met_on
    from episodes
    inner join contacts
        on
            episodes.client_key = contacts.client_key
            and episodes.allocated_date <= contacts.contact_date
            and coalesce(episodes.end_date, contacts.contact_date) >= contacts.contact_date
    group by episodes.episode_key
),

episodes_by_day as (
    select
        as_at_days.as_at,
        episodes.client_key,
        episodes.episode_key,
        episodes.borough,
        episodes.allocated_date,
        -- The caseload's own day wins; contacts speak where it has none yet.
        coalesce(
            case when episodes.first_contact_date <= as_at_days.as_at then episodes.first_contact_date end,
            case when contacts_by_episode.first_met_on <= as_at_days.as_at then contacts_by_episode.first_met_on end
        ) as met_on,
        case when episodes.end_date <= as_at_days.as_at then episodes.end_date end as ended_on
    from as_at_days
    inner join episodes
        on as_at_days.as_at >= episodes.allocated_date
    left join contacts_by_episode
        on episodes.episode_key = contacts_by_episode.episode_key
)

select
    client_key,
    episode_key,
    as_at as counted_on,
    -- Met before the allocation was written down: no wait.
    cast(greatest({{ days_between('allocated_date', 'coalesce(met_on, ended_on, as_at)') }}, 0) as double) as amount,
    case
        when met_on is not null then 'event'
        when ended_on is not null then 'competing'
        else 'waiting'
    end as outcome,
    borough
from episodes_by_day
