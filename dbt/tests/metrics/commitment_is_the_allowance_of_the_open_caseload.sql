-- What is paid and what is left of open clients' allowances come to the allowance for each open client, on every as-at day.
-- A row here is a day on which they do not.

with commitment as (
    select
        counted_on as as_at,
        sum(cast(amount as decimal(18, 2))) as gbp
    from {{ ref('metric_budget_commitment') }}
    group by counted_on
),

open_caseload as (
    select
        counted_on as as_at,
        count(distinct client_key) as people
    from {{ ref('metric_open_caseload') }}
    group by counted_on
),

settings as (
    select cast(max(case when setting = 'allowance_gbp_per_year' then value end) as decimal(18, 2)) as allowance
    from {{ ref('programme_settings') }}
)

select
    open_caseload.as_at,
    open_caseload.people,
    commitment.gbp
from open_caseload
cross join settings
left join commitment
    on open_caseload.as_at = commitment.as_at
where
    commitment.gbp is null
    or commitment.gbp <> open_caseload.people * settings.allowance
