-- The whole numbers 0 to 999: months to walk through, parts of a text to split.
with

digits as (

    select 0 as digit
    {%- for digit in range(1, 10) %}
        union all
        select {{ digit }} as digit
    {%- endfor %}

)

select hundreds.digit * 100 + tens.digit * 10 + ones.digit as number
from digits as ones
cross join digits as tens
cross join digits as hundreds
