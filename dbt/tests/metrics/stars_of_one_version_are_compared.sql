-- The areas of two stars are not the same: on no day does a figure rest on readings of more than one version.
select
    as_at,
    count(distinct star_version) as star_versions
from {{ ref('int_star_readings_in_use') }}
group by as_at
having count(distinct star_version) > 1
