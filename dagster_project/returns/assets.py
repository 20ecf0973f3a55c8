"""The returns as Dagster assets: built on request for one period, never by a refresh."""

from datetime import date

import dagster as dg

from dagster_project.returns import framework
from dagster_project.returns.build import build
from dagster_project.returns.catalogue import ReturnError, read_returns
from dagster_project.settings import Settings

# Not that of the models of dbt's schema `returns`: those belong to a refresh.
GROUP = "packs"
MODELS = ("return_people", "return_assessments", "return_measures")
DAGSTER = "Dagster"


class Wanted(dg.Config):
    """Which period and release a return is built from, and who asks for it."""

    period: str
    """Its last day, such as 2018-03-31."""
    release: str = ""
    by: str = DAGSTER


def return_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset a return of the profile."""
    aggregate = [_asset(wanted.name, wanted.title) for wanted in read_returns(settings).values()]
    if not framework.has_mapping(settings):
        return aggregate
    return [*aggregate, _asset(framework.NAME, framework.TITLE, *MODELS)]


def _asset(name: str, title: str, *models: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=["returns", name],
        group_name=GROUP,
        deps=[dg.AssetKey(["publication", "release"]), *(dg.AssetKey(["returns", m]) for m in models)],
        description=f"{title}: as a version that waits to be checked.",
    )
    def built(config: Wanted) -> dg.MaterializeResult:
        try:
            end = date.fromisoformat(config.period)
        except ValueError:
            raise ReturnError(f"{config.period!r} is no day: write it as 2018-03-31.") from None
        version, is_new = build(
            Settings.from_environment(), name, end, by=config.by, release_id=config.release
        )
        return dg.MaterializeResult(
            metadata={
                "version": str(version),
                "is_new": is_new,
                "state": version.state,
                "release": version.release_id,
            }
        )

    return built
