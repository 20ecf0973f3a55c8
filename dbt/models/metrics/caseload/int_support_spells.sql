-- A spell is one unbroken time in which a person is supported. Nearly every episode is a spell of its own; episodes of
-- one person that overlap in the caseload export are one spell, so that nobody is open twice on a day and
-- opening + starts - ends = closing holds for whatever the export says. A person who comes back has a second spell.
-- The spell keeps the attributes of its first episode and the outcome of the episode that ended last.

with episodes as (
    select
        *,
        coalesce(end_date, cast('9999-12-31' as date)) as end_or_open
    from {{ ref('fct_episodes') }}
),

with_earlier_end as (
    select
        *,
        max(end_or_open) over (
            partition by client_key
            order by start_date, end_or_open, episode_key
            rows between unbounded preceding and 1 preceding
        ) as earlier_end
    from episodes
),

numbered as (
    select
        *,
        -- An episode that starts while an earlier one is open belongs to the same spell.
        sum(case when earlier_end > start_date then 0 else 1 end) over (
            partition by client_key
            order by start_date, end_or_open, episode_key
            rows between unbounded preceding and current row
        ) as spell_number
    from with_earlier_end
),

ordered as (
    select
        *,
        row_number() over (
            partition by client_key, spell_number
            order by start_date, end_or_open, episode_key
        ) as order_of_start,
        row_number() over (
            partition by client_key, spell_number
            order by end_or_open desc, start_date desc, episode_key desc
        ) as order_of_end
    from numbered
)

select
    first_episode.client_key,
    cast(first_episode.spell_number as integer) as spell_number,
    first_episode.episode_key,
    first_episode.start_date,
    last_episode.end_date,
    last_episode.destination,
    last_episode.cohort_status_at_end,
    first_episode.borough,
    first_episode.sex,
    first_episode.age_band,
    first_episode.ethnicity_group,
    first_episode.domain_count,
    first_episode.start_cohort
from ordered as first_episode
inner join ordered as last_episode
    on
        first_episode.client_key = last_episode.client_key
        and first_episode.spell_number = last_episode.spell_number
where
    first_episode.order_of_start = 1
    and last_episode.order_of_end = 1
