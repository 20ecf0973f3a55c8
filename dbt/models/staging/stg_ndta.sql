{{ current_rows('ndta') }}
