{{ current_rows('accommodation') }}
