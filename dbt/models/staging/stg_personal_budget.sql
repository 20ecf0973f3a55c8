{{ current_rows('personal_budget') }}
