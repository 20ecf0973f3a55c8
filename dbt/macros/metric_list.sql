-- The one list of metrics. A metric is added with its SQL, its YAML, its line here and its rows in the publication
-- plan.

{% macro metric_list() %}
    {{ return([
        "referrals_received",
        "referral_status",
        "acceptance_rate",
        "needs_at_referral",
        "referral_feedback",
        "referrals_no_word",
        "wait_to_decision",
        "wait_to_allocation",
        "wait_to_first_contact",
        "wait_to_start",
        "re_referral_12m",
        "starts",
        "ends",
        "open_caseload",
        "needs_at_start",
        "star_coverage",
        "star_first_profile",
        "star_change",
        "cohort_status",
        "moved_on",
        "budget_spent",
        "budget_people",
        "budget_allowance_used",
    ]) }}
{% endmacro %}
