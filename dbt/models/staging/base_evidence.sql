{{ type_rows('evidence') }}
