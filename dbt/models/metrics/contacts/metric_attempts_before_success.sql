with contacts as (
    select * from {{ ref('fct_contacts') }}
),

as_at_days as (
    select * from {{ ref('dim_as_at_days') }}
),

first_successes as (
    select
        client_key,
        min(contact_date) as first_success
    from contacts
    where result = 'successful'
    group by client_key
),

people as (
    select
        first_successes.client_key,
        first_successes.first_success,
        count(contacts.contact_key) as attempts
    from first_successes
    left join contacts
        on
            first_successes.client_key = contacts.client_key
            and contacts.result = 'attempted'
            -- Within one day nobody knows which came first.
            and first_successes.first_success > contacts.contact_date
    group by
        first_successes.client_key,
        first_successes.first_success
)

select
    people.client_key,
    cast(null as string) as episode_key,
    as_at_days.as_at as counted_on,
    cast(people.attempts as double) as amount,
    cast(null as double) as out_of
from as_at_days
inner join people
    on as_at_days.as_at >= people.first_success
