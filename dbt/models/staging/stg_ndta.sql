-- The total is counted anew: NULL where an item is missing. One that the source states and that differs is a reason to
-- reject the row.
with

accepted as (

    {{ current_rows('ndta') }}

)

select
    *,
    item_1 + item_2 + item_3 + item_4 + item_5 + item_6 + item_7 + item_8 + item_9 + item_10 as total
from accepted
