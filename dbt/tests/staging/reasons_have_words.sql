-- Every reason that the contract can give against a row has its words.
with

reasons as (

    {% for reason in contract_reasons() %}
        select '{{ reason }}' as rule
        {{ "union" if not loop.last }}
    {% endfor %}

)

select reasons.rule
from reasons
left join {{ ref('quality_rules') }} as rules on reasons.rule = rules.rule
where rules.rule is null
