{{ type_rows('contacts', clients=ref('stg_known_clients')) }}
