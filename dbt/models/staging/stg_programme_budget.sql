{{ current_rows('programme_budget') }}
