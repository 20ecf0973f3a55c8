{{ type_rows('petty_cash') }}
