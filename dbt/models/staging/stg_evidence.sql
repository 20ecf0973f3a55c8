{{ current_rows('evidence') }}
