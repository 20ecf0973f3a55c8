-- Whether a person consents, as the current caseload has it under all references and episodes. A no anywhere outweighs
-- every yes: a withdrawal dated before the giving, or undated, is a contradiction, and in doubt nobody consents.
with

answers as (

    select
        coalesce(people.person_id, caseload.client_id) as client_key,
        caseload.consent,
        caseload.consent_date
    from {{ ref('stg_caseload') }} as caseload
    left join {{ ref('stg_people') }} as people on caseload.client_id = people.client_id

),

people as (

    select
        client_key,
        max(case when consent = 'yes' then 1 else 0 end) as has_given,
        max(case when consent = 'no' then 1 else 0 end) as has_refused,
        max(case when consent = 'yes' then consent_date end) as last_given,
        max(case when consent = 'no' then consent_date end) as last_refused,
        max(case when consent in ('yes', 'no') and consent_date is null then 1 else 0 end) as has_undated
    from answers
    group by client_key

)

select
    client_key,
    case
        when has_refused = 1 then 'no'
        when has_given = 1 then 'yes'
        else 'not_asked'
    end as consent,
    has_given = 1 and has_refused = 1 and (has_undated = 1 or last_given > last_refused) as is_contradicted
from people
