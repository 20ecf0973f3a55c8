-- The words of every metric as its YAML has them: one row a metric. A setting of the programme stands in the words by
-- its name in braces, such as {allowance_gbp_per_year}, and so does what the programme calls something, such as
-- {link_worker}. Both are filled in here, so that the words follow the seeds. A plural takes an s: {link_worker}s. A value that
-- is no word, such as april for the budget year, stands in the wording of the programme: budget_year_april.
{% set words = [
    "metric_id", "label", "definition", "counted", "not_counted", "missing", "caveats", "unit", "direction", "owner",
    "source", "timing", "counts", "method", "averages", "empty_sum", "nothing_counted", "population", "exports", "measures",
    "breakdowns", "overlapping",
] %}
{% set settings_in_words = [
    "allowance_gbp_per_year", "star_pair_minimum_days", "feedback_working_days", "contact_gap_days",
    "star_interval_months", "star_grace_days", "change_coverage_minimum_percent", "star_days_before_referral",
    "budget_near_limit_gbp", "budget_year", "price_year",
] %}
{% set terms_in_words = ["link_worker", "client", "strategic_partnership_group"] %}
{% set in_words = settings_in_words + terms_in_words %}

with decided as (
    select
        setting as name,
        value
    from {{ ref('programme_settings') }}
    where setting <> 'budget_year'
    union all
    select
        programme_settings.setting as name,
        wording.label as value
    from {{ ref('programme_settings') }} as programme_settings
    inner join {{ ref('wording') }} as wording
        on wording.term = concat('budget_year_', programme_settings.value)
    where programme_settings.setting = 'budget_year'
    union all
    select
        term as name,
        label as value
    from {{ ref('wording') }}
    where term in ('{{ terms_in_words | join("', '") }}')
),

settings as (
    select
    {% for name in in_words %}
            max(case when name = '{{ name }}' then value end) as {{ name }}{{ "," if not loop.last }}
    {% endfor %}
    from decided
),

metrics as (
    {{ listed(words + ["by_area"], metric_words(words + ["by_area"])) }}
),

-- Only where there are several is an area told apart; and what is nobody's own (a line of the budget, a post) has none.
programme as (
    select count(*) as areas
    from {{ ref('areas') }}
)

select
{% for word in words %}
    {% if word == "breakdowns" %}
            cast(
                case
                    when programme.areas > 1 and metrics.by_area = 'yes' and metrics.counts <> 'entries'
                        then concat_ws('|', nullif(metrics.breakdowns, ''), 'area')
                    else metrics.breakdowns
                end as string
            ) as breakdowns{{ "," if not loop.last }}
    {% else %}
            cast({{ with_settings("metrics." ~ word, in_words) }} as string) as {{ word }}{{ "," if not loop.last }}
    {% endif %}
{% endfor %}
from metrics
cross join settings
cross join programme
