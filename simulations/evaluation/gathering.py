"""A log and target policies become columns of numbers, a few for each round: one pass, or two with a reward model.

Targets are asked in the first pass alone, since some learn as they go; what they said waits on disk for the second.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.mrdr import mrdr_weights
from bandit.estimators.propensities import counted
from bandit.estimators.weigh import weigh
from bandit.estimators.weighed import Weighed
from bandit.reward_models.base import Gathered, RewardModel
from bandit.reward_models.cross_fit import CrossFitted, folds_of
from bandit.reward_models.rounds import only
from simulations.evaluation.marginals import Marginals, Placed
from simulations.evaluation.targets.base import Target
from simulations.logs.base import Batch, Log

Fit = Literal["plain", "mrdr"]
Progress = Callable[[int], object]  # told of rounds done with, in either pass


@dataclass(frozen=True, slots=True)
class Modelling:
    """Which reward models are wanted, and how they are fitted."""

    model: RewardModel
    fits: frozenset[Fit]
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rounds:
    """What all targets share of the rounds they were asked about."""

    decision: Indices  # [n] rising
    slot: Indices  # [n]
    user: Indices | None  # [n]
    calibration: Doubles | None  # see `bandit.estimators.propensities`
    placed: Placed | None = None  # see `Marginals`


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One target's rounds."""

    plain: Weighed  # with the predictions of the plain reward model, if it was wanted
    mrdr: Weighed | None  # with those of the one fitted for this target
    most: float | None  # largest weight there could have been; None: the log does not say
    placed: Placed | None = None  # the target's own


def gather(
    log: Log,
    targets: Sequence[Target],
    modelling: Modelling | None,
    *,
    last: float = 1.0,
    marginals: bool = False,
    progress: Progress = lambda rounds: None,
) -> tuple[Rounds, list[Asked]]:
    """Ask all targets about the same rounds: those that none of them has learned from.

    last       share of the log, at its end, that is evaluated; targets that learn learn the rest, too
    marginals  whether `placed` is wanted

    Raises BadInput naming row and column of what is wrong, or if no round is left.
    """
    pass_ = _Pass(log, targets, modelling, last, Marginals(log) if marginals else None)
    with tempfile.TemporaryDirectory(prefix="adbandit-") as scratch:
        pass_.first(Path(scratch), progress)
        if modelling is not None:
            pass_.second(Path(scratch), progress)
    return pass_.rounds(), pass_.asked()


class _Pass:
    """Columns being filled."""

    def __init__(
        self,
        log: Log,
        targets: Sequence[Target],
        modelling: Modelling | None,
        last: float,
        marginals: Marginals | None,
    ) -> None:
        if not 0.0 < last <= 1.0:
            raise BadInput("#/last", "bound", f"last is {last}; it is a share above 0 and at most 1")
        self._log, self._targets, self._modelling = log, targets, modelling
        self._marginals = marginals
        self._begin = log.rounds - int(np.ceil(last * log.rounds))
        self._n = 0
        self._columns = {name: np.empty(log.rounds) for name in ("propensity", "reward")}
        self._places = {name: np.empty(log.rounds, np.int64) for name in ("decision", "slot")}
        self._user: Indices | None = None
        self._by_target: list[dict[str, Doubles]] = [{} for _ in targets]
        self._most: list[float | None] = [1.0 for _ in targets]
        self._calibration: Doubles | None = None
        self._gathered: dict[tuple[Fit, int], Gathered] = {}  # by target; the plain one is everybody's

    def first(self, scratch: Path, progress: Progress) -> None:
        """Ask, weigh, and gather what reward models are fitted from."""
        asking = [target.asking(self._log) for target in self._targets]
        for number, batch in enumerate(self._log.batches(features=self._modelling is not None)):
            said = [each.probabilities(batch) for each in asking]
            keep = self._kept(batch, [each.known(batch) for each in asking])
            part, said = _only(batch.logged, keep, said)
            if self._modelling is not None:
                np.save(scratch / f"{number}-keep.npy", keep)
                for at, probability in enumerate(said):
                    np.save(scratch / f"{number}-{at}.npy", probability)
            if part.n:
                self._take(part, said, batch.first)
            progress(batch.logged.n)
        if not self._n:
            raise BadInput("#/rows", "bound", "no round is left that no target has learned from")

    def _kept(self, batch: Batch, known: Sequence[Flags | None]) -> Flags:
        """Rounds that are evaluated: whole decisions."""
        decision = batch.logged.decision
        first_row = batch.first + np.searchsorted(decision, decision)  # of each round's decision
        keep: Flags = first_row >= self._begin
        for flags in known:
            if flags is not None:
                keep &= ~flags
        return keep

    def _take(self, part: Logged, said: Sequence[Doubles], first: int) -> None:
        at = slice(self._n, self._n + part.n)
        self._columns["propensity"][at], self._columns["reward"][at] = part.propensity, part.reward
        self._places["decision"][at], self._places["slot"][at] = part.decision, part.slot
        if part.user is not None:
            self._user = np.empty(self._log.rounds, np.int64) if self._user is None else self._user
            self._user[at] = part.user
        counts = counted(part)
        if counts is not None:
            self._calibration = counts if self._calibration is None else self._calibration + counts
        if self._marginals is not None:
            self._marginals.add(part, said)
        self._gather("plain", 0, part, np.ones(part.n))
        for number, probability in enumerate(said):
            rounds = weigh(part, probability, first=first)
            self._fill(number, at, target=rounds.target, unsupported=rounds.unsupported, squared=rounds.squared)
            self._gather("mrdr", number, part, mrdr_weights(rounds))
            self._most[number] = _largest(self._most[number], part, probability)
        self._n = at.stop

    def _gather(self, fit: Fit, number: int, part: Logged, weight: Doubles) -> None:
        wanted = self._modelling
        if wanted is None or fit not in wanted.fits:
            return
        if (fit, number) not in self._gathered:
            self._gathered[fit, number] = wanted.model.gather(part.actions, part.shared.shape[1], wanted.folds)
        self._gathered[fit, number].add(part, folds_of(part.decision, wanted.folds, wanted.seed), weight)

    def _fill(self, number: int, at: slice, **columns: Doubles | None) -> None:
        mine = self._by_target[number]
        for name, column in columns.items():
            if column is not None:
                if name not in mine:
                    mine[name] = np.empty(self._log.rounds)
                mine[name][at] = column

    def second(self, scratch: Path, progress: Progress) -> None:
        """Fit, and fill in what the models predict."""
        assert self._modelling is not None
        models = {key: _cross_fitted(gathered, self._modelling) for key, gathered in self._gathered.items()}
        begin = 0
        for number, batch in enumerate(self._log.batches(features=True)):
            part, _ = _only(batch.logged, np.load(scratch / f"{number}-keep.npy"), [])
            at = slice(begin, begin + part.n)
            plain = models["plain", 0].predict(part) if ("plain", 0) in models and part.n else None
            for target in range(len(self._targets) if part.n else 0):
                probability = np.load(scratch / f"{number}-{target}.npy")
                if plain is not None:
                    rounds = weigh(part, probability, plain, first=batch.first)
                    self._fill(target, at, predicted=rounds.predicted, expected=rounds.expected)
                if (own := models.get(("mrdr", target))) is not None:
                    rounds = weigh(part, probability, own.predict(part), first=batch.first)
                    self._fill(target, at, own_predicted=rounds.predicted, own_expected=rounds.expected)
            begin = at.stop
            progress(batch.logged.n)

    def rounds(self) -> Rounds:
        """What all share."""
        places = {name: column[: self._n] for name, column in self._places.items()}
        user = None if self._user is None else self._user[: self._n]
        placed = self._placed
        return Rounds(**places, user=user, calibration=self._calibration, placed=placed[0] if placed else None)

    @cached_property
    def _placed(self) -> list[Placed] | None:
        return self._marginals.of() if self._marginals is not None else None

    def asked(self) -> list[Asked]:
        """Each target's."""
        placed: Sequence[Placed | None] = self._placed[1:] if self._placed else [None for _ in self._targets]
        return [
            Asked(self._weighed(mine), self._own(mine), most, own)
            for mine, most, own in zip(self._by_target, self._most, placed, strict=True)
        ]

    def _weighed(self, mine: dict[str, Doubles], model: str = "") -> Weighed:
        shared = {name: column[: self._n] for name, column in self._columns.items()}
        own = {name: mine[name][: self._n] for name in ("target", "unsupported", "squared") if name in mine}
        told = {name: mine[model + name][: self._n] for name in ("predicted", "expected") if model + name in mine}
        return Weighed(**shared, **own, **told)

    def _own(self, mine: dict[str, Doubles]) -> Weighed | None:
        return self._weighed(mine, "own_") if "own_predicted" in mine else None


def _only(logged: Logged, keep: Flags, said: Sequence[Doubles]) -> tuple[Logged, list[Doubles]]:
    """The kept rounds, and what was said of their candidates."""
    if keep.all():
        return logged, list(said)
    candidates = np.repeat(keep, np.diff(logged.start))
    return only(logged, np.flatnonzero(keep)), [probability[candidates] for probability in said]


def _largest(most: float | None, part: Logged, probability: Doubles) -> float | None:
    """The largest weight there could have been so far; None where the log does not say what else was served."""
    if most is None or part.served is None:
        return None
    offered = part.served > 0.0
    return max(most, float((probability[offered] / part.served[offered]).max(initial=1.0)))


def _cross_fitted(gathered: Gathered, modelling: Modelling) -> CrossFitted:
    folds = range(modelling.folds)
    others: Iterator[list[int]] = ([other for other in folds if other != number] for number in folds)
    return CrossFitted(tuple(gathered.fitted(of) for of in others), modelling.seed)
