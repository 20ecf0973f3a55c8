-- One row for each referral and need domain of the programme; the contract has more columns of needs than one programme
-- counts. A blank is not known, never no.
{%- set need_columns = [
    'need_supported_housing',
    'need_criminal_justice',
    'need_substance_misuse',
    'need_mental_health',
    'need_primary_health_care',
    'need_domestic_abuse',
] %}
with

answers as (

    {% for column in need_columns %}
        select
            referral_id,
            '{{ column }}' as referral_column,
            coalesce({{ column }}, 'unknown') as answer
        from {{ ref('stg_referrals') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    answers.referral_id,
    domains.need_domain,
    answers.answer
from answers
inner join {{ ref('need_domains') }} as domains on answers.referral_column = domains.referral_column
