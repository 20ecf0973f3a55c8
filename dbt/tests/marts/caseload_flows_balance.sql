-- People open at the opening of a month, plus starts, less ends, are the people open at its close, in each borough.
-- Clients with overlapping episodes are left out: they would count once in the stock and twice in the flow. They are
-- listed as a warning.
with

episodes as (

    select
        episodes.client_key,
        episodes.borough,
        episodes.start_date,
        episodes.end_date
    from {{ ref('fct_episodes') }} as episodes
    left join {{ ref('int_overlapping_episodes') }} as overlapping on episodes.client_key = overlapping.client_key
    where overlapping.client_key is null

),

flows as (

    select
        months.period_start,
        months.period_end,
        episodes.borough,
        count(distinct case
            when episodes.start_date < months.period_start and coalesce(episodes.end_date >= months.period_start, true)
                then episodes.client_key
        end) as opening,
        sum(case when episodes.start_date between months.period_start and months.period_end then 1 else 0 end) as starts,
        sum(case when episodes.end_date between months.period_start and months.period_end then 1 else 0 end) as ends,
        count(distinct case
            when episodes.start_date <= months.period_end and coalesce(episodes.end_date > months.period_end, true)
                then episodes.client_key
        end) as closing
    from {{ ref('dim_periods') }} as months
    cross join episodes
    where months.period_type = 'month'
    group by months.period_start, months.period_end, episodes.borough

)

select
    period_start,
    borough,
    opening,
    starts,
    ends,
    closing
from flows
where opening + starts - ends <> closing
