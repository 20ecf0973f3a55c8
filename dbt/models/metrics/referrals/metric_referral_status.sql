with referral_status as (
    select * from {{ ref('int_referral_status') }}
)

select
    client_key,
    cast(null as string) as episode_key,
    as_at as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    status,
    borough
from referral_status
