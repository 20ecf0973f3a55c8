{{ current_rows('service_use') }}
