"""Figures of the warehouse become files that are safe to serve."""
