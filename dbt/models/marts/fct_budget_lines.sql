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

-- Most people are of one borough all the time.
people_of_boroughs as (

    select
        client_key,
        min(start_date) as first_start,
        min(borough) as borough,
        min(borough) <> max(borough) as has_moved
    from {{ ref('fct_episodes') }}
    group by client_key

),

boroughs as (

    select
        lines.line_id,
        max_by(
            episodes.borough,
            concat(cast(episodes.start_date as string), episodes.episode_key)
        ) as borough
    from lines
    inner join people_of_boroughs as moved on lines.client_key = moved.client_key and moved.has_moved
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
    coalesce(
        case
            when people_of_boroughs.has_moved then boroughs.borough
            when lines.line_date >= people_of_boroughs.first_start then people_of_boroughs.borough
        end,
        'not_known'
    ) as borough
from lines
left join people_of_boroughs on lines.client_key = people_of_boroughs.client_key
left join boroughs on lines.line_id = boroughs.line_id
