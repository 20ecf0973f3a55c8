{{ type_rows('outcome_stars', clients=ref('stg_known_clients')) }}
