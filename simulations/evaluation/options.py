"""How a log is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bandit.errors import BadInput
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.reward_models.base import RewardModel
from bandit.reward_models.from_sklearn import FromSklearn
from bandit.reward_models.means import Means
from bandit.reward_models.ridge import Ridge
from simulations.evaluation.estimating import NAMES, Method
from simulations.evaluation.gathering import Fit, Modelling
from simulations.evaluation.pages import PAGES

Slots = Literal["auto", "rounds", "pages"]
LARGE = 1_000_000  # rounds above which estimators that choose among many are left out unless asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is computed, and how. Raises BadInput for an estimator that there is not, or numbers out of bounds."""

    estimators: Sequence[str] | None = None  # of NAMES, or of PAGES; None: all that apply
    reward_model: RewardModel | str | None = "ridge"  # ridge, slopes, means, or a class of scikit-learn; None: none
    folds: int = 5  # of cross-fitting
    interval: Method = "auto"
    level: float = 0.95
    samples: int = 1_000  # of the bootstrap
    seed: int = 0  # of folds and samples
    slots: Slots = "auto"  # pages: several slots are one decision; auto: where there are several
    last: float = 1.0  # share of the log that is evaluated, at its end
    rewards: tuple[float, float] | None = None  # bounds of a reward; None: from 0 to 1, or as far as the log's reach

    def __post_init__(self) -> None:
        for name in self.estimators or ():
            if name not in (*NAMES, *PAGES):
                known = ", ".join((*NAMES, *PAGES))
                raise BadInput("#/estimators", "unknown", f"{name!r} is no estimator; there are {known}")
        if not 2 <= self.folds <= 100:
            raise BadInput("#/folds", "bound", f"{self.folds} folds; from 2 to 100")
        if not 0.0 < self.level < 1.0:
            raise BadInput("#/level", "bound", f"level is {self.level}; it lies between 0 and 1")
        if not 0 <= self.seed < 2**63:
            raise BadInput("#/seed", "bound", f"seed is {self.seed}; it lies in [0, 2**63)")
        if not 0.0 < self.last <= 1.0:
            raise BadInput("#/last", "bound", f"last is {self.last}; it is a share above 0 and at most 1")

    def wanted(self, rounds: int) -> tuple[str, ...]:
        """Names of estimators, for a log of so many rounds."""
        if self.estimators is not None:
            return tuple(self.estimators)
        return tuple(name for name in (*NAMES, *PAGES) if rounds <= LARGE or not name.endswith("_slope"))

    def modelling(self, wanted: Sequence[str]) -> Modelling | None:
        """What reward models these estimators ask for; None: none."""
        kinds = {SINGLE_SLOT[name].model for name in wanted if name in SINGLE_SLOT}
        if "cascade_dr" in wanted:
            kinds.add("plain")
        fits: frozenset[Fit] = frozenset(kind for kind in kinds if kind != "none")
        if self.reward_model is None or not fits:
            return None
        given = self.reward_model
        model = _named(given, self.seed) if isinstance(given, str) else given
        return Modelling(model, fits, self.folds, self.seed)

    @property
    def model_told(self) -> str:
        """The reward model, for people."""
        return f"{self.reward_model}, cross-fitted in {self.folds} folds of decisions"


def _named(name: str, seed: int) -> RewardModel:
    known: dict[str, RewardModel] = {"ridge": Ridge(), "slopes": Ridge(slopes=True), "means": Means()}
    return known[name] if name in known else FromSklearn(name, seed=seed)
