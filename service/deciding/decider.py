"""Answers a request for ads: look up the user, decide in memory, append one row, answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from bandit.catalog import check_creative
from bandit.codec import encode
from bandit.decide import Ask, decide
from bandit.errors import BadInput
from bandit.links import ANY, Hosts
from bandit.products.product import Product
from bandit.profiles.exposures import row
from bandit.profiles.profile import UserState
from bandit.records import ARMS, Decision, InlineCandidate
from bandit.shelf import Shelf
from service import metrics
from service.access.signing import RAW_BYTES, Signer, new_raw, unlogged
from service.budgets.grants import Grants
from service.deciding.answering import Answering, chosen_of
from service.deciding.knowing import Knowing, Known
from service.deciding.stock import Stock
from service.outbox.journal import JournalWriter
from service.outbox.room import NotWritten, Room
from service.outbox.shared import Outbox
from service.schemas import DecisionAnswer, DecisionRequest, NoFill, RequestCandidate
from service.serving import Served, Serving
from service.tally import counting
from service.users import Users

log = structlog.get_logger(__name__)


class UnknownPolicy(BadInput):
    """No such policy in the catalog."""


class Made(NamedTuple):
    """A decision, with what it was made of and what fills it."""

    decision: Decision
    shelf: Shelf
    known: Known
    products: tuple[list[Product], ...]  # a slot each, or none at all


class Decider:
    """Decides with the model, catalog, users and products at hand."""

    def __init__(
        self,
        serving: Serving,
        own: JournalWriter,
        shared: Outbox,
        signer: Signer,
        chance: Callable[[int], bytes],
        users: Users,
        knowing: Knowing,
        grants: Grants,
        stock: Stock,
        room: Room | None = None,
        hosts: Hosts = ANY,
    ) -> None:
        """
        own     journal of this worker
        shared  outbox of this host, for requests that carry the caller's id
        chance  n -> n random bytes
        room    what both have
        hosts   where links and images of a request's candidates may be
        """
        self._serving = serving
        self._own = own
        self._shared = shared
        self._signer = signer
        self._chance = chance
        self._users = users
        self._grants = grants
        self._stock = stock
        self._knowing = knowing
        self._answering = Answering(signer)
        self._room = room or Room()
        self._hosts = hosts

    def answer(self, request: DecisionRequest, now: float) -> bytes:
        """The answer as JSON; a request id seen before gets the answer it got then.

        now  seconds since 1970

        Raises UnknownPolicy, or BadInput for a feature out of bounds.
        """
        key = f"d:{request.policy}:{request.request_id}" if request.request_id else None
        if key and not request.options.dry_run and (known := self._known(key)):
            return known
        if not self._serving.ready:
            return msgspec.json.encode(_starting(request))
        served = self._serving.policy(request.policy)
        if served is None:
            raise UnknownPolicy("#/policy", "unknown", "there is no policy of this id in the catalog")
        for i, candidate in enumerate(request.candidates or ()):
            check_creative(candidate.creative, self._hosts, at=f"#/candidates/{i}/creative")
        made = self._decide(request, served, now)
        decision = made.decision
        answer = self._answer(request, made)
        if not decision.rounds:
            _no_fills(request.policy)()
            return answer
        if request.options.dry_run:
            return answer
        _decisions(request.policy, decision.arm)()
        if request.candidates is None:
            self._note(made, request.policy, now)
        try:
            return self._room.written(lambda: self._written(key, decision, answer, request.policy, now))
        except NotWritten:
            metrics.unlogged.labels(request.policy).inc()
            return self._answer(request, made._replace(decision=replace(decision, id=unlogged(decision.id))))

    def _answer(self, request: DecisionRequest, made: Made) -> bytes:
        return msgspec.json.encode(self._answering.answer(request, made.decision, made.shelf, made.products))

    def _known(self, key: str) -> bytes | None:
        """What was answered to the request with this key; None, too, if that cannot be read."""
        try:
            return self._shared.answer(key)
        except sqlite3.Error as fault:
            log.warning("answers_not_read", reason=str(fault))
            return None

    def _written(self, key: str | None, decision: Decision, answer: bytes, policy: str, now: float) -> bytes:
        """The answer that stands once the decision is on disk."""
        if key:
            return self._shared.append_once(policy, now, encode(decision), key, answer)
        self._own.append(policy, now, encode(decision))
        return answer

    def _decide(self, request: DecisionRequest, served: Served, now: float) -> Made:
        user = request.user
        pseudonym = self._signer.pseudonym(user.key) if user.key is not None and user.consent.personalize else b""
        known = self._knowing.known(request, pseudonym, served, now)
        try:
            decision = decide(self._ask(request, known, now), served.shelf, served.weights)
        except BadInput:
            if not known.personal:
                raise
            # What is known of the user may be what is too much beside a request that is within its bounds.
            known = known._replace(context=request.context, personal=False)
            decision = decide(self._ask(request, known, now), served.shelf, served.weights)
        if request.candidates is not None or not decision.rounds:
            return Made(decision, served.shelf, known, ())
        products = self._filled(decision, served.shelf, known.state, now)
        if any(products):
            ids = tuple(tuple(product.id for product in some) for some in products)
            decision = replace(decision, products=ids)
        return Made(decision, served.shelf, known, products)

    def _ask(self, request: DecisionRequest, known: Known, now: float) -> Ask:
        return Ask(
            id=new_raw(now, self._chance(RAW_BYTES - 6)),
            time=now,
            user=known.user,
            consent=known.consent,
            context=known.context,
            count=request.count,
            templates=request.templates,
            placements=request.placements,
            inline=tuple(map(_bare, request.candidates or ())),
            baseline=(request.baseline.template, request.baseline.placement) if request.baseline else None,
            limits=known.limits,
        )

    def _filled(self, decision: Decision, shelf: Shelf, state: UserState, now: float) -> tuple[list[Product], ...]:
        """The products of each slot; one that fills a slot fills no other where there is a choice."""
        found: list[list[Product]] = []
        for drawn in decision.rounds:
            template = shelf.templates[chosen_of(shelf, drawn)[0]]
            taken = {product.id for some in found for product in some}
            found.append(self._stock.fill(template, state, taken, now) if template.filling else [])
        return tuple(found)

    def _note(self, made: Made, policy: str, now: float) -> None:
        """Tell of what was decided those who count it before its events come."""
        decision, shelf, known, _ = made
        ads = [chosen_of(shelf, drawn) for drawn in decision.rounds]
        for template, _ in ads:
            self._grants.take(policy, shelf.templates[template].campaign, now)
        if known.counted:
            shown = [
                row(now, decision.id, slot, template.id, template.campaign, shelf.placements[place].id)
                for slot, (template, place) in enumerate((shelf.templates[one], place) for one, place in ads)
            ]
            self._users.shown(known.user, shown, now)


@cache
def _decisions(policy: str, arm: int) -> Callable[[], None]:
    return counting(metrics.decisions.labels(policy, ARMS[arm]))


@cache
def _no_fills(policy: str) -> Callable[[], None]:
    return counting(metrics.no_fills.labels(policy))


def _starting(request: DecisionRequest) -> DecisionAnswer:
    """The answer of a worker that was started while Redis was away: no ad, and no error page because of an ad."""
    return DecisionAnswer(
        decision_id="",
        policy=request.policy,
        model_version=0,
        catalog_version=0,
        arm="learned",
        ads=(),
        no_fill=NoFill(reason="starting", excluded={}),
    )


def _bare(candidate: RequestCandidate) -> InlineCandidate:
    """The part of a candidate that is learned from and logged."""
    return InlineCandidate(
        template=candidate.template,
        placement=candidate.placement,
        features=candidate.features,
        placement_features=candidate.placement_features,
    )
