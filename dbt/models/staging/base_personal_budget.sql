{{ type_rows('personal_budget', clients=ref('stg_known_clients')) }}
