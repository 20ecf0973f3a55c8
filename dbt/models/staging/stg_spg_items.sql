{{ current_rows('spg_items') }}
