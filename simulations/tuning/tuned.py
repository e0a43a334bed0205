"""The whole way from a log to a config that surely earns more, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from rich.table import Table

from bandit.config import Id, Policy
from bandit.errors import BadInput
from simulations.evaluation.gathering import Progress
from simulations.evaluation.options import Options
from simulations.logs.base import Log
from simulations.tuning.search import Final, Tried, final, search
from simulations.tuning.space import BASE, DEFAULT, Values, changed, drawn

UNKNOWN = Policy(id="log")  # policy of a log that does not say what it is the log of


class Tuned(msgspec.Struct, frozen=True):
    """What a search found."""

    log: str
    level: float  # coverage the intervals promise
    seed: int  # of what was tried, folds and samples
    tried: tuple[Tried, ...]  # the first is the winner, if there is one
    final: Final | None  # of the first, on rounds that did not choose it; None where none had an answer
    refusal: str | None  # why there is no winner

    @property
    def winner(self) -> Tried | None:
        """The config that surely earns more than what served the log."""
        return None if self.refusal else self.tried[0]


def tune(
    log: Log,
    *,
    space: Mapping[str, Values] = DEFAULT,
    tries: int = 24,
    held_out: float = 0.3,
    options: Options | None = None,
    progress: Progress = lambda rounds: None,
) -> Tuned:
    """Try the log's own config and `tries` others drawn from a space; judge the surest on the end of the log.

    held_out  share of the log, at its end, that judges
    options   level, seed, samples and reward model of the estimates; the seed draws the configs, too

    Raises BadInput for a space that is none, a log too short, or what `evaluate` refuses.
    """
    options = options or Options()
    if not 1 <= tries <= 1_000:
        raise BadInput("#/tries", "bound", f"{tries} configs; from 1 to 1000")
    configs = drawn(space, log.policy, tries, options.seed)
    tried = tuple(search(log, configs, held_out=held_out, options=options, progress=progress))
    best = tried[0]
    if best.low is None:
        reason = f"the log cannot answer: {'; '.join(best.reasons)}"
        return Tuned(log.name, options.level, options.seed, tried, None, reason)
    judged = final(log, best.changes, held_out=held_out, options=options, progress=progress)
    refusal = _refusal(best, judged, known=log.policy != UNKNOWN)
    return Tuned(log.name, options.level, options.seed, tried, judged, refusal)


def challenger(log: Log, found: Tuned, name: str) -> Policy:
    """The log's policy with the winner's options, under a name of its own: a change of `learning` asks for a new model.

    Raises BadInput if there is no winner, or the name is no id.
    """
    check_id(name)
    if found.winner is None:
        raise BadInput("#/winner", "unresolved", found.refusal or "there is no winner")
    return msgspec.structs.replace(changed(log.policy, found.winner.changes).of(log.policy), id=name)


def check_id(name: str) -> None:
    """Raises BadInput for what is no id of a policy."""
    try:
        msgspec.convert(name, Id)
    except msgspec.ValidationError as fault:
        raise BadInput("#/id", "type", f"{name!r} is no id: {fault}") from None


def write(policy: Policy, path: Path) -> None:
    """A config file: an item of a catalog's `policies`, the body of `PUT /v1/policies/<id>`, a target of `evaluate`."""
    written = msgspec.to_builtins(policy)
    json = path.suffix == ".json"
    path.write_bytes(
        msgspec.json.format(msgspec.json.encode(written)) + b"\n" if json else msgspec.yaml.encode(written)
    )


def table(found: Tuned) -> Table:
    """A row a config, the winner on top."""
    title = f"gain over what served, a round; {found.level:.0%} intervals that hold for all {len(found.tried)} together"
    drawn_as = Table(title=title, caption=_caption(found))
    for heading in ("config", "changes"):
        drawn_as.add_column(heading)
    for heading in ("rounds", "estimate", "gain", "from", "to"):
        drawn_as.add_column(heading, justify="right")
    for one in found.tried:
        changes = " ".join(f"{path.split('.', 1)[1]}={_short(value)}" for path, value in one.changes.items())
        if one.value is None:
            drawn_as.add_row(one.name, changes, f"{one.rounds:,}", f"refused: {'; '.join(one.reasons)}")
            continue
        numbers = (f"{number:+.4f}" for number in (one.gain, one.low, one.high))
        drawn_as.add_row(one.name, changes, f"{one.rounds:,}", f"{one.value:.4f}", *numbers)
    return drawn_as


def _caption(found: Tuned) -> str | None:
    if found.final is None:
        return None
    value, gain = found.final.value, found.final.gain
    return (
        f"{found.tried[0].name} on the last {found.final.rounds:,} rounds, which did not choose it: {value.value:.4f} "
        f"({value.low:.4f} to {value.high:.4f}); the log earned {found.final.logged:.4f} there; "
        f"gain {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
    )


def _refusal(best: Tried, judged: Final, *, known: bool) -> str | None:
    """
    known  whether the base is the config that served, and not merely the default
    """
    if judged.verdict == "refused":
        return f"the log cannot answer for {best.name}: {'; '.join(judged.reasons)}"
    if not judged.surely_better:
        gain = judged.gain
        told = f"gain {gain.value:+.4f}, from {gain.low:+.4f} to {gain.high:+.4f}"
        return f"nothing tried surely beats what served the log; {best.name} comes nearest ({told})"
    if best.name == BASE and known:
        return "nothing tried beats the config that the log's policy already has"
    return None


def _short(value: object) -> str:
    return "+".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
