{{ type_rows('client_links') }}
