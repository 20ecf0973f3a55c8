-- The total is counted anew: NULL where an item is missing. One that the source states and that differs is a reason to
-- reject the row.
with

accepted as (

    {{ current_rows('ndta') }}

)

select
    *,
    {% for number in range(1, 11) %}item_{{ number }}{{ " + " if not loop.last }}{% endfor %} as total
from accepted
