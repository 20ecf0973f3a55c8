{{ type_rows('caseload', clients=ref('stg_referred_clients')) }}
