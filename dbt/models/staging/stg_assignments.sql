{{ current_rows('assignments') }}
