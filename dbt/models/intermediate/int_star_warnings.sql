-- Possible but odd stars of the current extract: one row for each rule and reading.
with

support as (

    select
        readings.reading_key,
        max(case when episodes.end_date is null or episodes.end_date >= readings.completed_date then 1 else 0 end) as is_supported
    from {{ ref('fct_star_readings') }} as readings
    inner join {{ ref('fct_episodes') }} as episodes
        on readings.client_key = episodes.client_key
            and readings.completed_date >= episodes.start_date
    group by readings.reading_key

)

select
    'star_after_end' as rule,
    reading_key as record_key
from support
where is_supported = 0

union all

select
    'star_all_areas_equal' as rule,
    record_key
from {{ ref('stg_outcome_stars') }}
where
    area_1 is not null
    {% for number in range(2, 11) -%}
        and area_{{ number }} = area_1
    {% endfor %}

union all

select
    'star_without_status' as rule,
    record_key
from {{ ref('stg_outcome_stars') }}
where status is null

union all

select
    case
        when readings.areas_scored < settings.star_minimum_areas then 'star_without_enough_areas'
        else 'two_stars_on_one_day'
    end as rule,
    readings.reading_key as record_key
from {{ ref('fct_star_readings') }} as readings
inner join {{ ref('stg_outcome_stars') }} as stars on readings.reading_key = stars.record_key
cross join {{ ref('stg_programme_settings') }} as settings
left join {{ ref('int_consents') }} as consents on readings.client_key = consents.client_key
-- Where consent was withdrawn no star is valid, and there is nothing to put right.
where stars.status = 'approved' and not readings.is_valid and not coalesce(consents.is_withdrawn, false)
