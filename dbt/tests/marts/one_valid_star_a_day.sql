-- A client has one valid reading of a version on a day at most.
select
    client_key,
    star_version,
    completed_date
from {{ ref('fct_star_readings') }}
where is_valid
group by client_key, star_version, completed_date
having count(*) > 1
