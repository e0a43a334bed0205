"""What a decision is told of its user beyond the request: the profile as features, and what may not be shown now."""

from __future__ import annotations

from typing import NamedTuple

from bandit.eligibility.limits import NONE, Limits
from bandit.features import Feature
from bandit.profiles import fatigue
from bandit.profiles.exposures import NOTHING as NOTHING_SEEN
from bandit.profiles.exposures import rows
from bandit.profiles.features import features, few
from bandit.profiles.profile import UserState
from bandit.records import Context
from service.budgets.grants import Grants
from service.deciding.stock import Stock
from service.schemas import DecisionRequest
from service.serving import Served
from service.store.refusals import Refusals, Refused
from service.users import NOBODY, Users

NOTHING: dict[str, Feature] = {}


class Known(NamedTuple):
    """What one decision is made with."""

    user: bytes  # pseudonym; empty where nobody is named, or wants to be
    consent: bool
    state: UserState  # to be read only
    context: Context
    limits: Limits
    personal: bool  # whether the context holds more than the request said
    counted: bool  # whether what this user is shown matters to later decisions


class Knowing:
    """Looks up users and the standing of campaigns. One thread may look who refuses, any may ask."""

    def __init__(self, users: Users, refusals: Refusals, grants: Grants, stock: Stock) -> None:
        self._users = users
        self._refusals = refusals
        self._refused = Refused(0, frozenset())
        self._grants = grants
        self._stock = stock

    def look(self) -> None:
        """Take in who refuses now. Raises StoreAway."""
        self._refused = self._refusals.newer(self._refused.version) or self._refused

    def refused(self) -> frozenset[bytes]:
        """Pseudonyms of who refuses, as of the last look."""
        return self._refused.users

    def known(self, request: DecisionRequest, user: bytes, served: Served, now: float) -> Known:
        """What is known for a request, in one look at Redis at most.

        user  pseudonym of who is named and may be personalised for, else empty
        """
        shelf, plan, consent = served.shelf, served.plan, request.user.consent.personalize
        policy, state = shelf.policy, NOBODY
        if user in self._refused.users:
            user, consent = b"", False
        counted = bool(user) and (policy.fatigue or plan.needs_state)
        if counted or (user and policy.profiles):
            state = self._users.read(user, now)
            if state.refused:  # not a moment ago
                user, consent, counted = b"", False, False
        told = (policy.profiles or plan.audience) and state is not NOBODY and not state.refused
        profile = features(state.profile, now) if told else NOTHING
        context = request.context if consent else {k: v for k, v in request.context.items() if k != "user"}
        limits = NONE
        if request.candidates is None:
            limits = self._limits(context, profile, state, served, now)
        personal = bool(profile) and policy.profiles
        whole = context
        if personal:
            whole = _with_profile(context, profile if policy.profile_detail == "all" else few(profile))
        return Known(user, consent, state, whole, limits, personal, counted)

    def _limits(
        self, context: Context, profile: dict[str, Feature], state: UserState, served: Served, now: float
    ) -> Limits:
        shelf = served.shelf
        seen = rows(state.exposures) if state.exposures else NOTHING_SEEN
        levels = fatigue.levels(seen, shelf.numbers, now) if shelf.levels > 1 and len(seen) else None
        spent = self._grants.exhausted(shelf.version, shelf.campaigns) if shelf.campaigns else None
        return served.plan.limits(context, profile, seen, spent, now, levels, self._stock.unfit(shelf))


def _with_profile(context: Context, profile: dict[str, Feature]) -> Context:
    """The request's context, with the profile among what it says of the user."""
    user = context.get("user", NOTHING)
    if not isinstance(user, dict):  # a feature of that name, which nothing can stand in
        return context
    return {**context, "user": {**user, **profile}}
