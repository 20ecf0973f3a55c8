{{ current_rows('client_links') }}
