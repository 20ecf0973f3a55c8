-- The exports that the contract knows, whether one ever came or not, and how this programme's systems send them.
-- date_format is taken apart for typed_date: the sign between the parts and where each part stands.
with

contracted as (

    {{ contracted_exports() }}

),

declared as (

    select
        export,
        extract,
        date_format,
        position('YYYY' in date_format) as year_at,
        position('MM' in date_format) as month_at,
        position('DD' in date_format) as day_at
    from {{ ref('export_sources') }}

)

select
    contracted.export,
    contracted.label,
    coalesce(declared.extract, contracted.extract) as extract,
    declared.date_format,
    substr(translate(declared.date_format, 'YMD', ''), 1, 1) as date_sign,
    1 + case when month_at < year_at then 1 else 0 end + case when day_at < year_at then 1 else 0 end as year_part,
    1 + case when year_at < month_at then 1 else 0 end + case when day_at < month_at then 1 else 0 end as month_part,
    1 + case when year_at < day_at then 1 else 0 end + case when month_at < day_at then 1 else 0 end as day_part
from contracted
left join declared on contracted.export = declared.export
