"""Exports in the inbox become landed Parquet: recognised, read, pseudonymised, recorded."""
