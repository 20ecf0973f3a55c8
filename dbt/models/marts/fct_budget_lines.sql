-- The borough is that of the client's episode latest started on or before the line's day: paid, else agreed, else
-- requested.
with

lines as (

    select
        line_id,
        coalesce(people.person_id, lines.client_id) as client_key,
        status,
        requested_date,
        agreed_date,
        paid_date,
        coalesce(paid_date, agreed_date, requested_date) as line_date,
        amount,
        category
    from {{ ref('stg_personal_budget') }} as lines
    left join {{ ref('stg_people') }} as people on lines.client_id = people.client_id

),

boroughs as (

    select
        lines.line_id,
        max_by(
            episodes.borough,
            concat(cast(episodes.start_date as string), episodes.episode_key)
        ) as borough
    from lines
    inner join {{ ref('fct_episodes') }} as episodes
        on lines.client_key = episodes.client_key
            and lines.line_date >= episodes.start_date
    group by lines.line_id

)

select
    lines.line_id as line_key,
    lines.client_key,
    coalesce(lines.status, 'not_known') as status,
    lines.requested_date,
    lines.agreed_date,
    lines.paid_date,
    lines.amount,
    coalesce(lines.category, 'not_known') as category,
    coalesce(boroughs.borough, 'not_known') as borough
from lines
left join boroughs on lines.line_id = boroughs.line_id
