with open_people as (
    select * from {{ ref('metric_open_caseload') }}
),

-- One row a person and day: the first of the readings knows how many there are.
people_with_readings as (
    select * from {{ ref('int_star_readings_in_use') }}
    where reading_number = 1
)

select
    open_people.client_key,
    open_people.episode_key,
    open_people.counted_on,
    open_people.amount,
    open_people.out_of,
    case
        when people_with_readings.readings is null then '0'
        when people_with_readings.readings >= 3 then '3_or_more'
        else cast(people_with_readings.readings as string)
    end as readings,
    open_people.borough
from open_people
left join people_with_readings
    on
        open_people.client_key = people_with_readings.client_key
        and open_people.counted_on = people_with_readings.as_at
