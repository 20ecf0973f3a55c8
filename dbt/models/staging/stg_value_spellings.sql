-- One row for every spelling that a coded column understands, beyond its canonical values.
-- A spelling given for the export itself wins over one given for any export.
with

allowed_values as (

    {{ allowed_values() }}

),

coded_columns as (

    select distinct
        export,
        column_name,
        column_type
    from allowed_values

)

select
    coded_columns.export,
    coded_columns.column_name,
    {{ comparable('spellings.spelling') }} as spelling,
    coalesce(
        max(case when spellings.export <> '*' then spellings.value end),
        max(spellings.value)
    ) as value
from coded_columns
inner join {{ ref('value_spellings') }} as spellings
    on spellings.export in (coded_columns.export, '*')
        and spellings.column_name in (coded_columns.column_name, coded_columns.column_type)
group by
    coded_columns.export,
    coded_columns.column_name,
    {{ comparable('spellings.spelling') }}
