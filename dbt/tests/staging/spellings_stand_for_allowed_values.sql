-- A spelling must lead to a value that the contract allows, and only to one; and it must concern a column that has values.
with

allowed as (

    {{ allowed_values() }}

),

seeds as (

    {% for seed in [ref('common_spellings'), ref('value_spellings')] %}
        select
            '{{ seed.identifier }}' as seed,
            export,
            column_name,
            spelling,
            value
        from {{ seed }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

ambiguous as (

    select
        export,
        column_name,
        {{ comparable('spelling') }} as spelling
    from seeds
    group by
        seed,
        export,
        column_name,
        {{ comparable('spelling') }}
    having count(distinct value) > 1

)

select
    spellings.export,
    spellings.column_name,
    spellings.spelling
from {{ ref('stg_value_spellings') }} as spellings
left join allowed
    on spellings.export = allowed.export
        and spellings.column_name = allowed.column_name
        and spellings.value = allowed.value
where allowed.value is null

union all

select
    seed.export,
    seed.column_name,
    seed.spelling
from seeds as seed
left join allowed
    on seed.export in (allowed.export, '*')
        and seed.column_name in (allowed.column_name, allowed.column_type)
where allowed.value is null

union all

select
    export,
    column_name,
    spelling
from ambiguous
