{{ type_rows('spg_items') }}
