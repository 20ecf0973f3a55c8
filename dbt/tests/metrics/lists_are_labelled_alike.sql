-- Destinations, types of accommodation and services are the same on pages as in their lists, under the same words.

with listed as (
    select
        'destination' as dimension,
        destination as category,
        label
    from {{ ref('destinations') }}
    union all
    select
        'accommodation_type' as dimension,
        type as category,
        label
    from {{ ref('accommodation_types') }}
    union all
    select
        'service' as dimension,
        service as category,
        label
    from {{ ref('services') }}
),

categories as (
    select * from {{ ref('categories') }}
    where dimension in ('destination', 'accommodation_type', 'service')
)

select
    coalesce(listed.dimension, categories.dimension) as dimension,
    listed.category as in_list,
    categories.category as on_pages
from listed
full outer join categories
    on
        listed.dimension = categories.dimension
        and listed.category = categories.category
        and listed.label = categories.label
where
    listed.category is null
    or categories.category is null
