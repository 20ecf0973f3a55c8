-- One row for every spelling that a coded column understands, beyond its canonical values.
-- What the programme's own seed says wins over what is common to all; in each, a spelling given for the export itself wins
-- over one given for any export.
with

spellings as (

    select
        export,
        column_name,
        {{ comparable('spelling') }} as spelling,
        value,
        case when export = '*' then 2 else 1 end as place
    from {{ ref('value_spellings') }}
    union all
    select
        export,
        column_name,
        {{ comparable('spelling') }} as spelling,
        value,
        case when export = '*' then 4 else 3 end as place
    from {{ ref('common_spellings') }}
    union all
    -- What a programme lists itself is understood by its name and by its label.
    select
        '*' as export,
        'programme_area' as column_name,
        {{ comparable('area') }} as spelling,
        area as value,
        5 as place
    from {{ ref('areas') }}
    union all
    select
        '*' as export,
        'programme_area' as column_name,
        {{ comparable('label') }} as spelling,
        area as value,
        5 as place
    from {{ ref('areas') }}

),

allowed_values as (

    {{ allowed_values() }}

),

coded_columns as (

    select distinct
        export,
        column_name,
        column_type
    from allowed_values

),

understood as (

    select
        coded_columns.export,
        coded_columns.column_name,
        spellings.spelling,
        spellings.value,
        row_number() over (
            partition by coded_columns.export, coded_columns.column_name, spellings.spelling
            order by spellings.place, spellings.value
        ) as preference
    from coded_columns
    inner join spellings
        on spellings.export in (coded_columns.export, '*')
            and spellings.column_name in (coded_columns.column_name, coded_columns.column_type)

)

select
    export,
    column_name,
    spelling,
    value
from understood
where preference = 1
