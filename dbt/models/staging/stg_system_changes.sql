{{ current_rows('system_changes') }}
