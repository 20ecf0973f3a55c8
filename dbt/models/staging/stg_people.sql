-- The person behind each reference that a link in force names: all references that links join, however indirectly, are
-- one person, called by the least of them. A reference that no link names is a person of its own and not listed here.
--
-- The least reference is handed on from neighbour to neighbour, once a round, so that references up to `rounds` links
-- apart meet. One person has two or three references; a longer chain stops the refresh (test linked_references_are_one_person).
{%- set rounds = 12 %}
with

in_force as (

    select
        links.client_id,
        links.same_as
    from {{ ref('stg_client_links') }} as links
    inner join {{ source('landing', 'control') }} as control on links.effective_date <= control.as_at

),

neighbours as (

    select
        client_id,
        same_as as neighbour
    from in_force
    union
    select
        same_as as client_id,
        client_id as neighbour
    from in_force
    union
    select
        client_id,
        client_id as neighbour
    from in_force
    union
    select
        same_as as client_id,
        same_as as neighbour
    from in_force

),

round_0 as (

    select distinct
        client_id,
        client_id as person_id
    from neighbours

),

{% for round in range(1, rounds + 1) %}
    round_{{ round }} as (

        select
            neighbours.client_id,
            min(reached.person_id) as person_id
        from neighbours
        inner join round_{{ round - 1 }} as reached on neighbours.neighbour = reached.client_id
        group by neighbours.client_id

    ),

{% endfor %}
people as (

    select
        client_id,
        person_id
    from round_{{ rounds }}

)

select
    client_id,
    person_id
from people
