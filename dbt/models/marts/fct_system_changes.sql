select
    change_id,
    raised_date,
    coalesce(level, 'not_known') as level,
    coalesce(sector, 'not_known') as sector,
    theme,
    practice_a,
    practice_b,
    practice_c,
    dialogue_date,
    agreed_date,
    adopted_date,
    reviewed_date,
    still_in_place
from {{ ref('stg_system_changes') }}
