with contacts_by_period as (
    select * from {{ ref('int_contacts_by_period') }}
    where result = 'successful'
),

person_months as (
    select * from {{ ref('metric_person_months') }}
    where period_type in ('quarter', 'year', 'programme')
)

select
    client_key,
    cast(null as string) as episode_key,
    period_end as counted_on,
    cast(period_type as string) as period_type,
    cast(contacts as double) as amount,
    cast(0 as double) as out_of,
    setting
from contacts_by_period
union all
-- What the number of contacts is held against; it has no place of its own.
select
    client_key,
    cast(null as string) as episode_key,
    counted_on,
    period_type,
    cast(0 as double) as amount,
    amount as out_of,
    cast(null as string) as setting
from person_months
