"""The pipeline: ingestion of exports, the dbt warehouse as assets, and publication."""
