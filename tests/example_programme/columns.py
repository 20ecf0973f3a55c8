"""The canonical columns of every export, in the order in which an untouched file shows them."""

NEEDS = [
    "need_supported_housing",
    "need_criminal_justice",
    "need_substance_misuse",
    "need_mental_health",
    "need_primary_health_care",
]
AREAS = [f"area_{number}" for number in range(1, 11)]
ITEMS = [f"item_{number}" for number in range(1, 11)]

HEART = {
    "referrals": [
        "referral_id", "client_id", "received_date", "referrer_agency", "referrer_sector", "borough", *NEEDS,
        "acknowledged_date", "decision", "decision_date", "feedback_date",
    ],
    "caseload": [
        "episode_id", "client_id", "referral_id", "start_date", "allocated_date", "first_contact_date",
        "end_date",
        "destination", "lead_worker_id", "second_worker_id", "third_worker_id", "borough", "birth_year",
        "sex",
        "ethnicity", "accommodation_at_start", "consent", "consent_date", "eligibility_override_reason",
    ],
    "outcome_stars": ["client_id", "star_version", "completed_date", "completed_by", "status", *AREAS],
    "personal_budget": [
        "line_id", "client_id", "status", "requested_date", "agreed_date", "paid_date", "amount", "category",
        "outcome_agreed",
    ],
}  # fmt: skip

# A Star in the long form: one row an area.
LONG_STARS = ["client_id", "star_version", "completed_date", "completed_by", "status", "area", "score"]

PRACTICE = {
    "ndta": ["client_id", "assessed_date", *ITEMS, "recorded_total"],
    "contacts": [
        "contact_id", "client_id", "contact_date", "result", "setting", "initiated_by", "worker_id",
        "peer_mentor_present",
    ],
    "workers": [
        "worker_id", "role", "specialism", "employer", "start_date", "end_date", "secondment_end_date", "fte",
    ],
    "assignments": ["client_id", "worker_id", "role", "from_date", "to_date"],
    "service_use": ["client_id", "quarter_start", "service", "events"],
    "accommodation": ["client_id", "quarter_start", "type", "percent"],
    "programme_budget": ["line", "period_start", "budget", "actual", "forecast"],
    "petty_cash": ["line_id", "spent_date", "amount", "purpose"],
    "system_changes": [
        "change_id", "raised_date", "level", "sector", "theme", "practice_a", "practice_b", "practice_c",
        "dialogue_date", "agreed_date", "adopted_date", "reviewed_date", "still_in_place",
    ],
    "spg_items": [
        "item_id", "raised_date", "raised_by", "title", "owner_organisation", "decision", "decided_date",
        "actioned_date", "change_id", "metric_id",
    ],
    "hypotheses": ["hypothesis_id", "cycle", "context", "mechanism", "outcome", "status", "statement"],
    "evidence": [
        "evidence_id", "hypothesis_id", "cycle", "gathered_date", "source_type", "participants", "direction",
        "summary",
    ],
    "client_links": ["client_id", "same_as", "effective_date"],
}  # fmt: skip

COLUMNS = HEART | PRACTICE
