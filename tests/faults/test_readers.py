"""Twenty readers while releases are swapped: each look is one whole release, name and figures (F6)."""

import threading
from datetime import date
from pathlib import Path

from dashboards.published import PublicationsFolder, Served
from tests.dashboards.publication_fixture import write_publication

READERS = 20
SWAPS = 60
DAYS = date(2018, 3, 31), date(2017, 12, 31)

Look = tuple[str, float | None]
"""The release that a reader was given, and a figure of its day."""


def looked_at(served: Served | None) -> Look:
    assert served is not None
    assert not served.fallback, "a reader was told that the release cannot be served"
    release = served.publication.release
    starts = served.publication.figure("starts", "count", "programme", release.as_at)
    assert starts is not None
    return release.release_id, starts.value


def test_f6_twenty_readers_see_one_whole_release_each_while_it_is_swapped(tmp_path: Path) -> None:
    pointers: list[str] = []
    expected: set[Look] = set()
    for day in DAYS:
        write_publication(tmp_path, day)
        pointers.append((tmp_path / "current.json").read_text())
        expected.add(looked_at(PublicationsFolder(tmp_path).serve()))
    assert len({starts for _, starts in expected}) == len(DAYS)

    begin, over = threading.Barrier(READERS + 1), threading.Event()
    seen: list[Look] = []
    troubles: list[BaseException] = []

    def read() -> None:
        publications = PublicationsFolder(tmp_path)
        begin.wait()
        try:
            while not over.is_set():
                seen.append(looked_at(publications.serve()))
        except BaseException as trouble:
            troubles.append(trouble)

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    begin.wait()
    for swap in range(SWAPS):
        aside = tmp_path / "aside.json"
        aside.write_text(pointers[swap % len(pointers)])
        aside.replace(tmp_path / "current.json")
        over.wait(0.02)
    over.set()
    for reader in readers:
        reader.join()
    assert troubles == []
    assert len(seen) > READERS
    assert set(seen) == expected
