"""An archive written by the learner's own writer, without a service, over a day's end; and what is in it."""

from __future__ import annotations

from pathlib import Path

from bandit.records import Outcome
from service.archive.files import Archive
from tests.entries import CATALOG, SHELF, START_S, decision, event


def _decided() -> list[Outcome]:
    found = []
    for number in range(1, 40):
        time = START_S + number * 3600.0
        heard = (event(f"e{number}", number, time + 1, slot=number % 2, kind="purchase", value=2.5),)
        made = decision(number, time, slots=2)
        found.append(Outcome(f"{int(time * 1000)}-0", made, heard[: number % 3], (0.25, float(number))))
    return found


DECIDED = _decided()


def written(folder: Path, outcomes: list[Outcome] = DECIDED) -> Path:
    """The folder, with an archive of policy `home` in it."""
    archive = Archive(folder, "home")
    archive.keep_catalog(CATALOG)
    for outcome in outcomes:
        archive.add_outcome(outcome, SHELF)
    archive.write()
    archive.publish()
    return folder
