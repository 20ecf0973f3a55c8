{{ current_rows('hypotheses') }}
