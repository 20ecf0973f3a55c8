with

findings as (

    select
        export,
        column_name,
        rule,
        severity,
        is_accepted
    from {{ ref('fct_warnings') }}

    union all

    select
        rejected.export,
        rejected.column_name,
        rejected.reason as rule,
        'reject' as severity,
        false as is_accepted
    from {{ ref('fct_rejected_rows') }} as rejected
    where rejected.is_open and not rejected.row_is_kept

),

counted as (

    select
        export,
        column_name,
        rule,
        severity,
        count(*) as row_count,
        sum(case when is_accepted then 1 else 0 end) as accepted_count
    from findings
    group by export, column_name, rule, severity

)

select
    counted.export,
    case when counted.column_name is null then counted.rule else concat(counted.column_name, ':', counted.rule) end as rule,
    counted.severity,
    concat(
        case when rules.concerns = 'cell' then concat(replace(counted.column_name, '_', ' '), ' ') else '' end,
        rules.wording,
        case when counted.severity = 'warn' and rules.severity = 'reject' then ' (the row is kept)' else '' end
    ) as wording,
    cast(counted.row_count as integer) as rows,
    cast(counted.accepted_count as integer) as rows_accepted
from counted
left join {{ ref('quality_rules') }} as rules on counted.rule = rules.rule
