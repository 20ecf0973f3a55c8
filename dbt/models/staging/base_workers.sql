{{ type_rows('workers') }}
