{{ type_rows('programme_budget') }}
