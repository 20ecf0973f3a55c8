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
        "budget_spent",
        "budget_people",
        "budget_allowance_used",
        "budget_near_limit",
        "budget_days_to_pay",
        "budget_commitment",
        "petty_cash",
        "programme_budget",
        "cost_per_client_month",
        "system_changes_by_stage",
        "spg_item_age",
        "evidence_by_source",
    ]) }}
{% endmacro %}
