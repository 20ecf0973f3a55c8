{{ type_rows('ndta', clients=ref('stg_known_clients')) }}
