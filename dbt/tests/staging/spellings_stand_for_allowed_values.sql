-- A spelling must lead to a value that the contract allows, and only to one; and it must concern a column that has values.
{{ config(tags=['seeds']) }}

with

allowed as (

    {{ allowed_values() }}
    union all
    select
        contracted.export,
        contracted.column_name,
        contracted.column_type,
        areas.area as value
    from (

        {{ allowed_values() }}

    ) as contracted
    cross join {{ ref('areas') }} as areas
    where contracted.column_name = 'programme_area' and contracted.value = 'not_known'

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
        {{ comparable('spelling') }} as spelling,
        concat(min(value), ' and ', max(value)) as value
    from seeds
    group by
        seed,
        export,
        column_name,
        {{ comparable('spelling') }}
    having count(distinct value) > 1

),

unlisted as (

    select
        seeds.export,
        seeds.column_name,
        seeds.spelling,
        seeds.value
    from seeds
    left join allowed
        on seeds.export in (allowed.export, '*')
            and seeds.column_name in (allowed.column_name, allowed.column_type)
            and seeds.value = allowed.value
    where allowed.value is null

)

select
    export,
    column_name,
    spelling,
    value
from unlisted

union all

-- Allowed in one of the columns that it is meant for, and not in another.
select
    spellings.export,
    spellings.column_name,
    spellings.spelling,
    spellings.value
from {{ ref('stg_value_spellings') }} as spellings
left join allowed
    on spellings.export = allowed.export
        and spellings.column_name = allowed.column_name
        and spellings.value = allowed.value
left join unlisted
    on unlisted.export in (spellings.export, '*')
        and {{ comparable('unlisted.spelling') }} = spellings.spelling
        and unlisted.value = spellings.value
where allowed.value is null and unlisted.value is null

union all

select
    export,
    column_name,
    spelling,
    value
from ambiguous
