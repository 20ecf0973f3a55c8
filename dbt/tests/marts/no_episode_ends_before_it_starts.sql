select episode_key
from {{ ref('fct_episodes') }}
where end_date < start_date
