{{ type_rows('assignments', clients=ref('stg_known_clients')) }}
