"""Answers a request for ads: decide in memory, append one row, answer. Nothing here waits for Redis."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache

import msgspec
import structlog

from bandit.catalog import Creative, check_creative
from bandit.codec import encode
from bandit.creative import html
from bandit.decide import Ask, decide
from bandit.errors import BadInput
from bandit.links import ANY, Hosts
from bandit.records import ARMS, Decision, InlineCandidate, Round
from bandit.shelf import Shelf
from service import metrics
from service.access.signing import RAW_BYTES, DecisionRef, Signer, Token, new_raw, unlogged
from service.outbox.journal import JournalWriter
from service.outbox.room import NotWritten, Room
from service.outbox.shared import Outbox
from service.schemas import (
    Ad,
    DecisionAnswer,
    DecisionRequest,
    NoFill,
    RequestCandidate,
    Shown,
    Tracking,
)
from service.serving import Serving
from service.tally import counting

log = structlog.get_logger(__name__)

LINK_S = 7 * 86_400  # how long a tracking link is followed


class UnknownPolicy(BadInput):
    """No such policy in the catalog."""


class Decider:
    """Decides with the model and catalog at hand."""

    def __init__(
        self,
        serving: Serving,
        own: JournalWriter,
        shared: Outbox,
        signer: Signer,
        chance: Callable[[int], bytes],
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
        decision, shelf = self._decide(request, now)
        answer = msgspec.json.encode(self._answer(request, decision, shelf))
        if not decision.rounds:
            _no_fills(request.policy)()
            return answer
        if request.options.dry_run:
            return answer
        _decisions(request.policy, decision.arm)()
        try:
            return self._room.written(lambda: self._written(key, decision, answer, request.policy, now))
        except NotWritten:
            metrics.unlogged.labels(request.policy).inc()
            lost = msgspec.structs.replace(decision, id=unlogged(decision.id))
            return msgspec.json.encode(self._answer(request, lost, shelf))

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

    def _decide(self, request: DecisionRequest, now: float) -> tuple[Decision, Shelf]:
        served = self._serving.policy(request.policy)
        if served is None:
            raise UnknownPolicy("#/policy", "unknown", "there is no policy of this id in the catalog")
        for i, candidate in enumerate(request.candidates or ()):
            check_creative(candidate.creative, self._hosts, at=f"#/candidates/{i}/creative")
        user = request.user
        personal = user.consent.personalize
        ask = Ask(
            id=new_raw(now, self._chance(RAW_BYTES - 6)),
            time=now,
            user=self._signer.pseudonym(user.key) if user.key is not None and personal else b"",
            consent=personal,
            context=request.context if personal else {k: v for k, v in request.context.items() if k != "user"},
            count=request.count,
            templates=request.templates,
            placements=request.placements,
            inline=tuple(map(_bare, request.candidates or ())),
            baseline=(request.baseline.template, request.baseline.placement) if request.baseline else None,
        )
        return decide(ask, served.shelf, served.weights), served.shelf

    def _answer(self, request: DecisionRequest, decision: Decision, shelf: Shelf) -> DecisionAnswer:
        ref = DecisionRef(request.policy, decision.id, len(decision.rounds))
        ads = tuple(self._ad(request, decision, shelf, ref, slot) for slot in range(len(decision.rounds)))
        return DecisionAnswer(
            decision_id=self._signer.decision_id(ref),
            policy=request.policy,
            model_version=decision.model_version,
            catalog_version=decision.catalog_version,
            arm="holdout" if ARMS[decision.arm] == "holdout" else "learned",
            ads=ads,
            no_fill=None if ads else NoFill(reason="no_eligible_candidate", excluded=decision.excluded),
        )

    def _ad(self, request: DecisionRequest, decision: Decision, shelf: Shelf, ref: DecisionRef, slot: int) -> Ad:
        drawn = decision.rounds[slot]
        template, placement, campaign, creative = _chosen(request, shelf, drawn)
        # Only links of the catalog are followed by us: a request could bring any.
        link = creative.link if request.candidates is None else None
        tracking = None if request.options.dry_run else self._tracking(ref, slot, link, decision.time)
        click_url = tracking.click_url if tracking and tracking.click_url else creative.link
        return Ad(
            slot=slot,
            template=template,
            placement=placement,
            campaign=campaign,
            propensity=drawn.propensity,
            trainable=decision.trainable and ref.logged,
            creative=Shown(
                title=creative.title,
                description=creative.description,
                image_url=creative.image_url,
                html=html(creative, click_url),
            ),
            tracking=tracking,
        )

    def _tracking(self, ref: DecisionRef, slot: int, link: str | None, now: float) -> Tracking:
        links = self._signer.links(Token(ref.policy, ref.raw, slot, int(now) + LINK_S, link or ""))
        return Tracking(
            impression_url=links["impression"],
            viewable_url=links["viewable"],
            click_url=links["click"] if link else None,
        )


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


def _chosen(request: DecisionRequest, shelf: Shelf, drawn: Round) -> tuple[str, str, str | None, Creative]:
    position = int(drawn.positions()[drawn.chosen])
    if request.candidates:
        inline = request.candidates[position]
        return inline.template, inline.placement, None, inline.creative
    template = shelf.templates[shelf.template[position]]
    placement = shelf.placements[shelf.placement[position]]
    return template.id, placement.id, template.campaign, template.creative
