-- The needs of the entry rule and the needs that pages show are the same, under the same words.
{{ config(tags=['seeds']) }}

with need_domains as (
    select * from {{ ref('need_domains') }}
),

categories as (
    select * from {{ ref('categories') }}
    where dimension = 'need_domain'
)

select
    need_domains.need_domain as in_entry_rule,
    categories.category as on_pages
from need_domains
full outer join categories
    on
        need_domains.need_domain = categories.category
        and need_domains.label = categories.label
where
    need_domains.need_domain is null
    or categories.category is null
