select
    client_key,
    episode_key,
    counted_on,
    amount,
    out_of,
    star_due
from {{ ref('int_star_due') }}
