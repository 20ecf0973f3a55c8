with

cells as (

    select
        findings.export,
        findings.column_name,
        findings.reason,
        case when max(findings.row_is_kept) then 'warn' else 'reject' end as severity,
        count(*) as row_count
    from {{ ref('fct_rejected_rows') }} as findings
    inner join {{ ref('stg_loads') }} as loads on findings.load_id = loads.load_id
    where loads.is_current
    group by findings.export, findings.column_name, findings.reason

),

records as (

    select
        'referrals' as export,
        rule
    from {{ ref('int_referral_warnings') }}
    union all
    select
        'caseload' as export,
        rule
    from {{ ref('int_caseload_warnings') }}
    union all
    select
        'outcome_stars' as export,
        rule
    from {{ ref('int_star_warnings') }}
    union all
    select
        'personal_budget' as export,
        rule
    from {{ ref('int_budget_warnings') }}
    union all
    select
        export,
        'vanished' as rule
    from {{ ref('fct_vanished_keys') }}
    union all
    select
        coalesce(export, 'not_recognised') as export,
        'file_refused' as rule
    from {{ ref('fct_loads') }}
    where status = 'refused'
    union all
    select
        export,
        'file_warning' as rule
    from {{ ref('fct_loads') }}
    where is_current and warnings is not null

),

counted_records as (

    select
        export,
        rule,
        count(*) as row_count
    from records
    group by export, rule

)

select
    cells.export,
    concat(cells.column_name, ':', cells.reason) as rule,
    cells.severity,
    concat(
        case when rules.concerns = 'row' then '' else concat(replace(cells.column_name, '_', ' '), ' ') end,
        -- A reason that ingestion gives and the seed lacks is shown by its name.
        coalesce(rules.wording, replace(cells.reason, '_', ' ')),
        case when cells.severity = 'warn' and rules.severity = 'reject' then ' (the row is kept)' else '' end
    ) as wording,
    cast(cells.row_count as integer) as rows
from cells
left join {{ ref('quality_rules') }} as rules on cells.reason = rules.rule

union all

select
    counted_records.export,
    counted_records.rule,
    rules.severity,
    rules.wording,
    cast(counted_records.row_count as integer) as rows
from counted_records
inner join {{ ref('quality_rules') }} as rules on counted_records.rule = rules.rule
