-- Whether a person consents, as the current caseload has it under all references and episodes. A no anywhere outweighs
-- every yes: a withdrawal dated before the giving, or undated, is a contradiction, and in doubt nobody consents. A case
-- record holds one answer, so that a yes that was withdrawn may stand in an earlier extract only.
with

answers as (

    select
        coalesce(people.person_id, caseload.client_id) as client_key,
        caseload.consent,
        caseload.consent_date,
        caseload.consent in ('no', 'withdrawn') as is_refusal
    from {{ ref('stg_caseload') }} as caseload
    left join {{ ref('stg_people') }} as people on caseload.client_id = people.client_id

),

people as (

    select
        client_key,
        max(case when consent = 'yes' then 1 else 0 end) as has_given,
        max(case when is_refusal then 1 else 0 end) as has_refused,
        max(case when consent = 'withdrawn' then 1 else 0 end) as has_taken_back,
        max(case when consent = 'yes' then consent_date end) as last_given,
        max(case when is_refusal then consent_date end) as last_refused,
        max(case when (consent = 'yes' or is_refusal) and consent_date is null then 1 else 0 end) as has_undated
    from answers
    group by client_key

),

once_given as (

    select distinct coalesce(people.person_id, caseload.client_id) as client_key
    from {{ ref('base_caseload') }} as caseload
    inner join {{ ref('stg_loads') }} as loads on caseload.load_id = loads.load_id
    left join {{ ref('stg_people') }} as people on caseload.client_id = people.client_id
    where
        loads.load_number is not null
        and caseload.reject_reasons is null
        and caseload.consent = 'yes'

)

select
    people.client_key,
    case
        when people.has_refused = 1 then 'no'
        when people.has_given = 1 then 'yes'
        else 'not_asked'
    end as consent,
    people.has_refused = 1
    and (people.has_given = 1 or people.has_taken_back = 1 or once_given.client_key is not null) as is_withdrawn,
    people.has_given = 1
    and people.has_refused = 1
    and (people.has_undated = 1 or people.last_given > people.last_refused) as is_contradicted
from people
left join once_given on people.client_key = once_given.client_key
