-- Possible but odd links of the current extract: one row for each rule and link.
with

links as (

    select
        links.record_key,
        links.client_id,
        links.same_as,
        people.person_id
    from {{ ref('stg_client_links') }} as links
    left join {{ ref('stg_people') }} as people on links.client_id = people.client_id

),

crowds as (

    select person_id
    from {{ ref('stg_people') }}
    group by person_id
    -- Two or three references of one person are usual; more may be a column that a spreadsheet filled down.
    having count(*) > 4

)

select
    'link_of_unknown_client' as rule,
    links.record_key
from links
left join {{ ref('stg_known_clients') }} as one_end on links.client_id = one_end.client_id
left join {{ ref('stg_known_clients') }} as other_end on links.same_as = other_end.client_id
where one_end.client_id is null and other_end.client_id is null

union all

select
    'person_of_many_references' as rule,
    links.record_key
from links
inner join crowds on links.person_id = crowds.person_id
