with referrals as (
    select * from {{ ref('fct_referrals') }}
)

select
    client_key,
    cast(null as string) as episode_key,
    received_date as counted_on,
    cast(1 as double) as amount,
    cast(null as double) as out_of,
    borough,
    referrer_sector
from referrals
