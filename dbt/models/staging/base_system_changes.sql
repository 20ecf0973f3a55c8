{{ type_rows('system_changes') }}
