with assessments as (
    select * from {{ ref('int_ndta_in_use') }}
),

scores as (
    select * from {{ ref('fct_ndta_scores') }}
),

items as (
    select category as item
    from {{ ref('categories') }}
    where dimension = 'item'
),

-- One distance for both instruments.
settings as (
    select cast(max(case when setting = 'star_pair_minimum_days' then value end) as integer) as minimum_days
    from {{ ref('programme_settings') }}
),

-- A person's first and latest assessment by the as-at day, if they lie far enough apart.
pairs as (
    select
        first_assessment.as_at,
        first_assessment.client_key,
        first_assessment.assessment_key as first_assessment_key,
        latest_assessment.assessment_key as latest_assessment_key
    from assessments as first_assessment
    inner join assessments as latest_assessment
        on
            first_assessment.as_at = latest_assessment.as_at
            and first_assessment.client_key = latest_assessment.client_key
    cross join settings
    where
        first_assessment.assessment_number = 1
        and latest_assessment.assessment_number = latest_assessment.assessments
        and latest_assessment.assessed_date >= first_assessment.assessed_date + settings.minimum_days * interval '1' day
),

-- Item by item: one that is missing in either assessment drops out for this person, and with it the total.
compared as (
    select
        pairs.as_at,
        pairs.client_key,
        first_score.item,
        latest_score.score - first_score.score as points
    from pairs
    inner join scores as first_score
        on pairs.first_assessment_key = first_score.assessment_key
    inner join scores as latest_score
        on
            pairs.latest_assessment_key = latest_score.assessment_key
            and first_score.item = latest_score.item
),

-- Everybody who started long enough ago, assessed twice or not.
people as (
    select
        as_at_days.as_at,
        spells.client_key
    from {{ ref('dim_as_at_days') }} as as_at_days
    cross join settings
    inner join {{ ref('int_support_spells') }} as spells
        on as_at_days.as_at >= spells.start_date + settings.minimum_days * interval '1' day
    where spells.spell_number = 1
    union
    -- An assessment made shortly before the start can make a pair in less time than that.
    select
        as_at,
        client_key
    from compared
)

select
    people.client_key,
    cast(null as string) as episode_key,
    people.as_at as counted_on,
    cast(compared.points as double) as amount,
    cast(null as double) as out_of,
    items.item,
    {{ direction_of_change('compared.points') }} as direction
from people
cross join items
left join compared
    on
        people.as_at = compared.as_at
        and people.client_key = compared.client_key
        and items.item = compared.item
