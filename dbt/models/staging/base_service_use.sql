{{ type_rows('service_use', clients=ref('stg_known_clients')) }}
