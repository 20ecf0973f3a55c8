-- Every reason that the contract can give or ingestion has given, and every rule about records, has its words and its
-- advice in the seed quality_rules.
{{ config(tags=['seeds']) }}

with

reasons as (

    {% for export in staged_exports() %}
        {{ possible_reasons(export) }}
        union all
    {% endfor %}
    select
        export,
        reason
    from {{ ref('fct_rejected_rows') }}
    union all
    select
        export,
        rule as reason
    from {{ ref('fct_warnings') }}

)

select distinct
    reasons.export,
    reasons.reason
from reasons
left join {{ ref('quality_rules') }} as rules on reasons.reason = rules.rule
where trim(coalesce(rules.wording, '')) = '' or trim(coalesce(rules.guidance, '')) = ''
