"""Files of results, told apart by what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from bandit.errors import BadInput
from simulations.evaluation.evaluated import Evaluated, unflat
from simulations.report.contributions import Contributions
from simulations.running.results import Results, read, results

Part = Results | Evaluated | Contributions

KINDS = "simulations as Parquet, evaluations or contributions of features as JSON"


def read_parts(paths: Iterable[Path]) -> list[Part]:
    """What the files hold, in their order; simulations of several files are one table.

    Raises BadInput for a file that cannot be read or holds anything else, or for a run that is there twice.
    """
    found = [_part(path) for path in paths]
    tables = [part.table for part in found if isinstance(part, Results)]
    others: list[Part] = [part for part in found if not isinstance(part, Results)]
    return [results(tables), *others] if tables else others


def _part(path: Path) -> Part:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as fault:
        raise BadInput("#/path", "unknown", f"{path} cannot be read: {fault.strerror}") from None
    return read(path) if start == b"PAR1" else _from_json(path)


def _from_json(path: Path) -> Part:
    try:
        written: Any = msgspec.json.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise BadInput("#/path", "type", f"{path} holds neither {KINDS}: {fault}") from None
    try:
        if isinstance(written, dict) and "contributions" in written:
            return msgspec.convert(written, Contributions)
        if isinstance(written, dict) and "verdict" in written:
            return unflat(written)
    except msgspec.ValidationError as fault:
        raise BadInput("#/path", "type", f"{path}: {fault}") from None
    raise BadInput("#/path", "type", f"{path} holds neither {KINDS}")
