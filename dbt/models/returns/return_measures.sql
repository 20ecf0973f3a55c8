-- What the parts of a return say of a person in a quarter, one row a value: per cent of the quarter by accommodation, use
-- of services, needs at the start, and the scores of the assessment of the quarter.
with

scores as (

    select
        scores.client_key,
        'hos' as instrument,
        scores.completed_date as made_on,
        scores.star_area as item,
        scores.score
    from {{ ref('fct_star_scores') }} as scores
    inner join {{ ref('fct_star_readings') }} as readings on scores.reading_key = readings.reading_key
    where readings.is_valid and readings.star_version = 'homelessness_star'
    union all
    select
        client_key,
        'ndt' as instrument,
        assessed_date as made_on,
        item,
        score
    from {{ ref('fct_ndta_scores') }}

),

-- Without a linked referral, or where it says nothing, a need is not known; that is not no.
needs as (

    select
        episodes.client_key,
        answers.need_domain,
        episodes.start_date as from_day,
        case when answers.answer = 'yes' then 1 else 0 end as is_need
    from {{ ref('fct_episodes') }} as episodes
    inner join {{ ref('int_referral_needs') }} as answers on episodes.referral_key = answers.referral_id
    where answers.answer in ('yes', 'no')

)

select
    client_key,
    quarter_end,
    cast('accommodation' as string) as measure,
    accommodation_type as item,
    cast(percent as double) as amount
from {{ ref('fct_accommodation') }}
union all
select
    client_key,
    quarter_end,
    'service' as measure,
    service as item,
    cast(events as double) as amount
from {{ ref('fct_service_use') }}
where events is not null
union all
select
    people.client_key,
    people.quarter_end,
    'need' as measure,
    needs.need_domain as item,
    cast(max(needs.is_need) as double) as amount
from {{ ref('return_people') }} as people
inner join needs on people.client_key = needs.client_key and people.quarter_end >= needs.from_day
group by
    people.client_key,
    people.quarter_end,
    needs.need_domain
union all
select
    assessments.client_key,
    assessments.quarter_end,
    assessments.instrument as measure,
    scores.item,
    cast(max(scores.score) as double) as amount
from {{ ref('return_assessments') }} as assessments
inner join scores
    on
        assessments.client_key = scores.client_key
        and assessments.instrument = scores.instrument
        and assessments.made_on = scores.made_on
group by
    assessments.client_key,
    assessments.quarter_end,
    assessments.instrument,
    scores.item
