{{ current_rows('outcome_stars') }}
