-- One file never gives a client more than the whole of a quarter. (Two files of changes may, as may two references of
-- one person: those are warnings.)
select
    load_id,
    client_id,
    quarter_start,
    sum(percent) as percent_of_quarter
from {{ ref('stg_accommodation') }}
group by
    load_id,
    client_id,
    quarter_start
having sum(percent) > 100
