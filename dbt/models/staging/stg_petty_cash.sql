{{ current_rows('petty_cash') }}
