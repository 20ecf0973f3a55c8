-- Possible but odd assessments of the current extract: one row for each rule and assessment.
with

assessments as (

    select
        ndta.record_key,
        coalesce(people.person_id, ndta.client_id) as person_id,
        ndta.assessed_date,
        ndta.total
    from {{ ref('stg_ndta') }} as ndta
    left join {{ ref('stg_people') }} as people on ndta.client_id = people.client_id

),

support as (

    select
        assessments.record_key,
        max(
            case when episodes.end_date is null or episodes.end_date >= assessments.assessed_date then 1 else 0 end
        ) as is_supported
    from assessments
    inner join {{ ref('fct_episodes') }} as episodes
        on assessments.person_id = episodes.client_key
            and assessments.assessed_date >= episodes.start_date
    group by assessments.record_key

),

of_one_day as (

    select
        record_key,
        row_number() over (partition by person_id, assessed_date order by record_key) as number_of_day
    from assessments

)

select
    'ndta_without_total' as rule,
    record_key
from assessments
where total is null

union all

select
    'ndta_after_end' as rule,
    record_key
from support
where is_supported = 0

union all

-- Under two references of one person; under one reference it is a conflict.
select
    'two_ndta_on_one_day' as rule,
    record_key
from of_one_day
where number_of_day > 1
