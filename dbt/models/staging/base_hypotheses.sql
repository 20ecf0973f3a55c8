{{ type_rows('hypotheses') }}
