-- Metrics about the same people add up to the same number on every day, over all and by borough: the statuses of
-- referrals and their needs to the referrals received, the stars, workers and contacts of open people to the open
-- caseload, the cohorts to everybody who ever started. A row here is a day where they do not.

with metric_values as (
    select * from {{ ref('fct_metric_values') }}
    where measure = 'count'
),

parts as (
    -- Over all.
    select
        metric_id,
        period_end,
        '' as borough,
        sum(value) as value
    from metric_values
    where
        (metric_id = 'referral_status' and dimension_1 = 'status' and dimension_2 = '')
        or (metric_id = 'needs_at_referral' and dimension_1 = 'domain_count' and dimension_2 = '' and period_type = 'programme')
        or (metric_id = 'star_coverage' and dimension_1 = 'readings' and dimension_2 = '')
        or (metric_id = 'allocation_completeness' and dimension_1 = 'allocation' and dimension_2 = '')
        or (metric_id = 'contact_gap' and dimension_1 = 'days_since_contact' and dimension_2 = '')
        or (metric_id = 'cohort_status' and dimension_1 = 'cohort_status' and dimension_2 = '')
    group by
        metric_id,
        period_end
    union all
    -- Each domain of need has an answer, if an unknown one, on every referral.
    select
        concat(metric_id, ' ', category_1) as metric_id,
        period_end,
        '' as borough,
        sum(value) as value
    from metric_values
    where
        metric_id = 'needs_at_referral'
        and dimension_1 = 'need_domain'
        and dimension_2 = 'answer'
        and period_type = 'programme'
    group by
        metric_id,
        category_1,
        period_end
    union all
    -- By borough.
    select
        metric_id,
        period_end,
        category_2 as borough,
        sum(value) as value
    from metric_values
    where
        metric_id in ('referral_status', 'star_coverage', 'contact_gap')
        and dimension_2 = 'borough'
    group by
        metric_id,
        period_end,
        category_2
),

wholes as (
    select
        metric_id,
        period_type,
        period_end,
        category_1 as borough,
        -- Starts count a person who comes back again; cohorts count people.
        case when metric_id = 'starts' then cast(people as double) else value end as value
    from metric_values
    where
        metric_id in ('referrals_received', 'open_caseload', 'starts')
        and period_type in ('programme', 'as_at')
        and dimension_1 in ('', 'borough')
        and dimension_2 = ''
)

select
    parts.metric_id,
    parts.period_end,
    parts.borough,
    parts.value as sum_of_parts,
    wholes.value as whole
from parts
left join wholes
    on
        parts.period_end = wholes.period_end
        and parts.borough = wholes.borough
        and (
            (parts.metric_id = 'referral_status' and wholes.metric_id = 'referrals_received')
            or (parts.metric_id like 'needs_at_referral%' and wholes.metric_id = 'referrals_received')
            or (
                parts.metric_id in ('star_coverage', 'allocation_completeness', 'contact_gap')
                and wholes.metric_id = 'open_caseload'
            )
            or (parts.metric_id = 'cohort_status' and wholes.metric_id = 'starts')
        )
where
    wholes.value is null
    or parts.value <> wholes.value
