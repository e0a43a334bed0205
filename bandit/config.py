"""What a policy is told: how it explores, learns, counts a reward and holds out.

Every record is frozen and checked when it is decoded, so a config that exists is a config that works.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.errors import BadInput
from bandit.vw_args import refused

Id = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", description="letters, digits, . _ -; 64 at most")
]
Label = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=2_000)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Reward = Annotated[float, Meta(ge=-1000.0, le=1000.0)]

Penalty = Annotated[float, Meta(ge=0.0, le=0.1)]

ExplorationKind = Literal["squarecb", "epsilon_greedy", "softmax", "greedy", "uniform"]

UNPENALISED = {"--coin", "--ftrl"}  # updates of VW that keep no account of l1 and l2 beside the weights
GROUPS = "UCAP"  # feature groups by first letter: User, Context, Ad, Placement


class Exploration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How scores become probabilities.

    >>> Exploration(kind="epsilon_greedy").epsilon
    0.05
    """

    kind: ExplorationKind = "softmax"
    # Floor of every eligible candidate; where there are many, at most half of all the mass goes to floors.
    min_probability: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.001
    epsilon: Share = 0.05  # epsilon_greedy: mass spread evenly
    # softmax: p ~ exp(-lambda * cost), lambda = softmax_lambda * learned ** softmax_exponent
    softmax_lambda: Annotated[float, Meta(gt=0.0, le=1e6)] = 5.0
    softmax_exponent: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.2
    # squarecb: gamma = gamma_scale * learned ** gamma_exponent
    gamma_scale: Annotated[float, Meta(gt=0.0, le=1e9)] = 100.0
    gamma_exponent: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.5


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often a past outcome is learned again.

    After each outcome the learner also learns some drawn from the last `buffer` ones: `depth`, times the share
    of outcomes that had any reward. Where few do, most of an outcome is chance, and learning it again fits that.
    The depth also falls with the number of outcomes seen, since the gain is early: it is whole up to
    `full_until` outcomes, then in proportion `full_until / seen`. It is never below `least`.
    """

    depth: Annotated[int, Meta(ge=0, le=256)] = 64
    full_until: Annotated[int, Meta(ge=1, le=1_000_000)] = 2_000
    least: Annotated[int, Meta(ge=0, le=256)] = 1
    buffer: Annotated[int, Meta(ge=1, le=65_536)] = 4_096


class Learning(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the model learns. Fixed for the life of a model: a change needs a new model."""

    cb_type: Literal["mtr", "ips"] = "mtr"
    bits: Annotated[int, Meta(ge=10, le=28)] = 18  # the weight table holds 2 ** bits weights
    learning_rate: Annotated[float, Meta(gt=0.0, le=100.0)] = 2.0
    power_t: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.4999  # not .5: VW's own .5 is not the same on every processor
    interactions: tuple[Annotated[str, Meta(pattern=r"^[UCAP]{2,3}\Z")], ...] = ("UA", "CA", "AP")
    # Linear weights of these are the same for every candidate, so they rank nothing.
    ignore_linear: Annotated[str, Meta(pattern=r"^[UCAP]{0,4}\Z")] = "UC"
    # Smallest propensity a label is given; it bounds the weight of one click.
    propensity_floor: Annotated[float, Meta(ge=1e-3, le=1.0)] = 0.5
    replay: Replay = Replay()
    l1: Penalty = 0.0  # every weight is held this much nearer to 0 for each unit of learning
    l2: Penalty = 0.0  # every weight shrinks by this share for each unit of learning
    constant: bool = False  # a weight that all candidates share
    # How names and values of digits alone are hashed: to their number, so that 007 is 7, or as any other text.
    hash: Literal["strings", "all"] = "strings"
    # Products of a group with itself: each two features once, or in either order; each feature with itself too.
    permutations: bool = False
    centre: bool = True  # numbers of a request less their running means, see bandit/centring.py
    # Hours in which half of what was learned fades, by the log's own time; null: nothing does.
    half_life_h: Annotated[float, Meta(ge=0.01, le=87_600.0)] | None = None
    vw_args: tuple[str, ...] = ()  # further ones, see bandit/vw_args.py

    @property
    def every(self) -> bool:
        """Whether digits are hashed as any text: see `hash_features`."""
        return self.hash == "all"

    def __post_init__(self) -> None:
        if self.cb_type not in ("mtr", "ips"):  # also where nothing is decoded: others keep several models in one table
            raise ValueError(f"cb_type is mtr or ips, not {self.cb_type!r}")
        if reason := refused(self.vw_args):
            raise ValueError(f"vw_args: {reason}")
        if self.half_life_h and (self.l1 or UNPENALISED.intersection(self.vw_args)):
            raise ValueError(
                f"half_life_h fades weights, and l1 or {' or '.join(sorted(UNPENALISED))} hold a part of them elsewhere"
            )
        if (self.l1 or self.l2) and UNPENALISED.intersection(self.vw_args):
            raise ValueError(f"l1 and l2 act otherwise, or not at all, with {' or '.join(sorted(UNPENALISED))}")


class RewardFormula(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a decision's events are worth together, in reward units.

    The first event of each type counts once, purchases each; the sum is clamped to [minimum, maximum].
    """

    version: Annotated[int, Meta(ge=1)] = 1
    impression: Reward = 0.0
    viewable: Reward = 0.0
    click: Reward = 1.0
    dismiss: Reward = 0.0
    purchase: Reward = 0.0
    purchase_value: Reward = 0.0  # per unit of the shop's currency
    default: Reward = 0.0  # when nothing at all was heard
    minimum: Reward = 0.0
    maximum: Reward = 1.0

    def __post_init__(self) -> None:
        if self.minimum >= self.maximum:
            raise ValueError(f"minimum {self.minimum} must be below maximum {self.maximum}")


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the holdout sees: an even draw, a fixed ad, or what the request names as `baseline`."""

    kind: Literal["uniform", "fixed", "request"] = "uniform"
    template: Id | None = None  # for kind fixed
    placement: Id | None = None  # for kind fixed; null: the first eligible one

    def __post_init__(self) -> None:
        if (self.kind == "fixed") != (self.template is not None):
            raise ValueError("a baseline of kind fixed names a template, and no other kind does")


class Holdout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Users kept apart, by hash of their pseudonym, to measure against."""

    share: Share = 0.0
    baseline: Baseline = Baseline()


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One learning loop."""

    id: Id
    placements: tuple[Id, ...] | None = None  # null: every placement of the catalog
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] = "EUR"  # of every purchase told to this policy
    # Of prices, and of the call to action where no other is set; a BCP 47 tag such as en, de-AT or zh.
    language: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z", max_length=35)] = "en"
    horizon_s: Annotated[float, Meta(ge=0.1, le=30 * 86400.0)] = 600.0  # how long a decision waits for its events
    exploration: Exploration = Exploration()
    learning: Learning = Learning()
    reward: RewardFormula = RewardFormula()
    holdout: Holdout = Holdout()
    profiles: bool = False  # whether what is known of a user enters the context: see docs/spec/profiles.md
    profile_detail: Literal["few", "all"] = "few"  # which of its features: see bandit.profiles.features.few
    fatigue: bool = False  # whether the model is told how often and how lately a user saw each ad


def vw_arguments(learning: Learning) -> list[str]:
    """The VW arguments a learning config stands for; the same list is passed at creation and at every load.

    >>> vw_arguments(Learning(bits=20))[:4]
    ['--cb_adf', '--cb_type', 'mtr', '--bit_precision']
    """
    arguments = ["--cb_adf", "--cb_type", learning.cb_type, "--bit_precision", str(learning.bits)]
    arguments += ["--learning_rate", repr(learning.learning_rate), "--power_t", repr(learning.power_t)]
    arguments += ["--chain_hash", "--quiet", "--preserve_performance_counters"]
    for letter in learning.ignore_linear:
        arguments += ["--ignore_linear", letter]
    for group in learning.interactions:
        arguments += ["--interactions", group]
    arguments += ["--hash", "all"] if learning.hash == "all" else []
    arguments += ["--permutations"] if learning.permutations else []
    arguments += [word for name in ("l1", "l2") if (x := getattr(learning, name)) for word in (f"--{name}", repr(x))]
    return arguments + ([] if learning.constant else ["--noconstant"]) + list(learning.vw_args)


def sharpness(exploration: Exploration, learned: int) -> float:
    """Softmax's lambda after `learned` outcomes: larger is greedier."""
    if learned < 0:
        raise BadInput("#/learned", "bound", f"learned is {learned}; it counts outcomes and is 0 or more")
    return float(exploration.softmax_lambda * max(learned, 1) ** exploration.softmax_exponent)


def gamma(exploration: Exploration, learned: int) -> float:
    """SquareCB's gamma after `learned` outcomes: larger is greedier."""
    if learned < 0:
        raise BadInput("#/learned", "bound", f"learned is {learned}; it counts outcomes and is 0 or more")
    return float(exploration.gamma_scale * max(learned, 1) ** exploration.gamma_exponent)
