-- Episodes of the current caseload that are odd beside what other exports say, or beside other records of the person:
-- one row for each rule and episode.
with

open_episodes as (

    select
        episodes.episode_key,
        episodes.client_key,
        episodes.start_date,
        control.as_at
    from {{ ref('fct_episodes') }} as episodes
    inner join {{ source('landing', 'control') }} as control
        on episodes.start_date <= control.as_at
            and (episodes.end_date is null or episodes.end_date > control.as_at)

),

leads as (

    select
        coalesce(people.person_id, assignments.client_id) as client_key,
        assignments.from_date,
        assignments.to_date
    from {{ ref('stg_assignments') }} as assignments
    left join {{ ref('stg_people') }} as people on assignments.client_id = people.client_id
    where assignments.role = 'lead'

),

-- Attempts are no contacts, and of a contact without a result nobody knows which it was.
last_contacts as (

    select
        coalesce(people.person_id, contacts.client_id) as client_key,
        max(contacts.contact_date) as last_contact_date
    from {{ ref('stg_contacts') }} as contacts
    inner join {{ source('landing', 'control') }} as control on contacts.contact_date <= control.as_at
    left join {{ ref('stg_people') }} as people on contacts.client_id = people.client_id
    where contacts.result = 'successful'
    group by coalesce(people.person_id, contacts.client_id)

)

-- Without a contact up to the as-at day, or to the day up to which contacts are known; never where none ever came.
select
    'stale_open' as rule,
    episodes.episode_key as record_key
from open_episodes as episodes
inner join {{ ref('stg_loads') }} as contacts_load on contacts_load.export = 'contacts' and contacts_load.is_current
cross join {{ ref('stg_programme_settings') }} as settings
left join last_contacts on episodes.client_key = last_contacts.client_key
where
    greatest(episodes.start_date, coalesce(last_contacts.last_contact_date, episodes.start_date))
    < least(episodes.as_at, contacts_load.extract_date) - settings.stale_open_after_days

union all

select
    'no_lead' as rule,
    episodes.episode_key as record_key
from open_episodes as episodes
inner join {{ ref('stg_loads') }} as assignments_load
    on assignments_load.export = 'assignments' and assignments_load.is_current
left join leads
    on episodes.client_key = leads.client_key
        and episodes.as_at >= leads.from_date
        -- Over on its last day, as in the figures (int_workers_on_day).
        and (leads.to_date is null or episodes.as_at < leads.to_date)
where leads.client_key is null

union all

select
    'consent_contradicts' as rule,
    episodes.episode_key as record_key
from {{ ref('fct_episodes') }} as episodes
inner join {{ ref('int_consents') }} as consents on episodes.client_key = consents.client_key
where consents.is_contradicted
