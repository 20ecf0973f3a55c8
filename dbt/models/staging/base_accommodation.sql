{{ type_rows('accommodation', clients=ref('stg_known_clients')) }}
