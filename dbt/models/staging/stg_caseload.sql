{{ current_rows('caseload') }}
