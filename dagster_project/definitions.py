"""Where Dagster's webserver and daemon look: everything of `refresh.py`, for this machine."""

from dagster_project.refresh import definitions
from dagster_project.settings import Settings

defs = definitions(Settings.from_environment())
