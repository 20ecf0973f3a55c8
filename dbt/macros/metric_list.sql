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
        "caseload_per_fte",
        "allocation_completeness",
        "lead_continuity",
        "secondment_cliff",
        "person_months",
        "contacts",
        "contact_attempts",
        "attempts_before_success",
        "contact_gap",
        "re_engaged_after_gap",
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
