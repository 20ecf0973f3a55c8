with open_people as (
    select * from {{ ref('metric_open_caseload') }}
),

contacts as (
    select * from {{ ref('fct_contacts') }}
    where result = 'successful'
),

people as (
    select
        open_people.client_key,
        open_people.episode_key,
        open_people.counted_on,
        open_people.borough,
        max(contacts.contact_date) as last_success
    from open_people
    left join contacts
        on
            open_people.client_key = contacts.client_key
            and open_people.counted_on >= contacts.contact_date
    group by
        open_people.client_key,
        open_people.episode_key,
        open_people.counted_on,
        open_people.borough
),

gaps as (
    select
        *,
        {{ days_between('last_success', 'counted_on') }} as days
    from people
)

select
    client_key,
    episode_key,
    counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    case
        when days is null then 'never'
        when days <= 7 then '0_to_7'
        when days <= 14 then '8_to_14'
        when days <= 28 then '15_to_28'
        when days <= 60 then '29_to_60'
        when days <= 90 then '61_to_90'
        else 'over_90'
    end as days_since_contact,
    borough
from gaps
