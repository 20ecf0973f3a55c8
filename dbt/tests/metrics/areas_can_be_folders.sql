-- An area's name is that of its folder of publications, and what nobody knows is no area. A row here is a name that is none.
{{ config(tags=['seeds']) }}

select area
from {{ ref('areas') }}
where
    area = 'not_known'
    or not {{ has_form('area', '[a-z][a-z0-9_]*') }}
