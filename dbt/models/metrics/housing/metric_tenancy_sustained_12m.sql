with tenancies as (
    select * from {{ ref('int_tenancies') }}
    where months_after = 12
)

-- For the count: everybody, where they stand. For the share: those of whom it is known, without a category, since a person
-- who only stands beneath a share would be no part of the count.
select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(null as double) as amount,
    cast(null as double) as out_of,
    tenancy
from tenancies
union all
select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    case when tenancy = 'held' then cast(1 as double) else cast(0 as double) end as amount,
    cast(1 as double) as out_of,
    cast(null as string) as tenancy
from tenancies
where tenancy <> 'not_known'
