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
        "star_change_12m",
        "star_stage_move",
        "star_headroom",
        "star_missing",
        "star_due",
        "baseline_delay",
        "ndta_at_start",
        "ndta_change",
        "cohort_status",
        "moved_on",
        "budget_spent",
        "budget_people",
        "budget_allowance_used",
    ]) }}
{% endmacro %}
