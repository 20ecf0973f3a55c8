-- The one list of metrics. A metric is added with its SQL, its YAML, its line here and its rows in the publication
-- plan.

{% macro metric_list() %}
    {{ return([
        "referrals_received",
        "referral_status",
        "acceptance_rate",
        "starts",
        "ends",
        "open_caseload",
        "needs_at_start",
        "star_coverage",
        "star_first_profile",
        "star_change",
        "cohort_status",
        "moved_on",
        "exits",
        "length_of_support",
        "tenancy_sustained_6m",
        "tenancy_sustained_12m",
        "accommodation_mix",
        "service_events",
        "service_value",
        "service_change",
        "budget_spent",
        "budget_people",
        "budget_allowance_used",
    ]) }}
{% endmacro %}
