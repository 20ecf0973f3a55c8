-- Who stands in a quarter's return to the national evaluation, and how: everybody who had started by its end.
with

quarters as (

    select
        period_start as quarter_start,
        period_end as quarter_end
    from {{ ref('dim_periods') }}
    where period_type = 'quarter' and is_complete

),

episodes as (

    select
        quarters.quarter_start,
        quarters.quarter_end,
        episodes.*,
        row_number() over (
            partition by episodes.client_key, quarters.quarter_end
            order by episodes.start_date desc, episodes.episode_key desc
        ) as newest_first,
        min(episodes.start_date) over (partition by episodes.client_key, quarters.quarter_end) as first_start,
        -- Somebody who came back has not left; who left and came back later had left until then.
        case
            when
                min(case when episodes.end_date <= quarters.quarter_end then 1 else 0 end)
                    over (partition by episodes.client_key, quarters.quarter_end)
                = 1
                then max(episodes.end_date) over (partition by episodes.client_key, quarters.quarter_end)
        end as left_on
    from quarters
    inner join {{ ref('fct_episodes') }} as episodes on quarters.quarter_end >= episodes.start_date

),

-- The end that counts is the latest one, whichever episode began last.
last_ends as (

    select
        client_key,
        quarter_end,
        max(destination) as destination
    from episodes
    where left_on is not null and end_date = left_on
    group by
        client_key,
        quarter_end

)

select
    episodes.client_key,
    episodes.quarter_start,
    episodes.quarter_end,
    case when consents.consent = 'yes' then 'yes' else 'no' end as consent,
    episodes.first_start,
    episodes.left_on,
    last_ends.destination,
    coalesce(episodes.left_on < episodes.quarter_start, false) as is_after_leaving,
    episodes.borough,
    episodes.sex,
    episodes.age_band,
    episodes.ethnicity_group
from episodes
left join last_ends on episodes.client_key = last_ends.client_key and episodes.quarter_end = last_ends.quarter_end
left join {{ ref('int_consents') }} as consents on episodes.client_key = consents.client_key
where episodes.newest_first = 1
