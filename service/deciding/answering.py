"""A decision as what the shop is told: its ads filled, rendered, and with links that count."""

from __future__ import annotations

from collections.abc import Sequence

from bandit import creative as bare
from bandit.creatives import markup
from bandit.creatives.filled import Filled, fill
from bandit.products.product import Product
from bandit.records import ARMS, Decision, Round
from bandit.shelf import Shelf
from service.access.signing import DecisionRef, Signer, Token
from service.schemas import Ad, DecisionAnswer, DecisionRequest, NoFill, Shown, Tracking

LINK_S = 7 * 86_400  # how long a tracking link is followed

Products = Sequence[Sequence[Product]]  # a slot each


class Answering:
    """Signs what it tells."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def answer(self, request: DecisionRequest, decision: Decision, shelf: Shelf, products: Products) -> DecisionAnswer:
        """The answer.

        products  that fill the ads, a slot each; may be fewer
        """
        ref = DecisionRef(request.policy, decision.id, len(decision.rounds))
        fillers = (*products, *[()] * (len(decision.rounds) - len(products)))
        ads = tuple(self._ad(request, decision, shelf, ref, slot, some) for slot, some in enumerate(fillers))
        return DecisionAnswer(
            decision_id=self._signer.decision_id(ref),
            policy=request.policy,
            model_version=decision.model_version,
            catalog_version=decision.catalog_version,
            arm="holdout" if ARMS[decision.arm] == "holdout" else "learned",
            ads=ads,
            no_fill=None if ads else NoFill(reason="no_eligible_candidate", excluded=decision.excluded),
        )

    def _ad(
        self,
        request: DecisionRequest,
        decision: Decision,
        shelf: Shelf,
        ref: DecisionRef,
        slot: int,
        products: Sequence[Product],
    ) -> Ad:
        drawn = decision.rounds[slot]
        position = int(drawn.positions()[drawn.chosen])
        if request.candidates is not None:
            return self._described(request, decision, ref, slot, position)
        row = shelf.template[position]
        template, placement = shelf.templates[row], shelf.placements[shelf.placement[position]]
        filled = fill(
            template.creative, template.filling, products, placement=placement, language=shelf.policy.language
        )
        tracking = None if request.options.dry_run else self._tracking(ref, slot, filled.link, decision.time)
        click_url = tracking.click_url if tracking and tracking.click_url else filled.link
        clicks = self._item_clicks(ref, slot, filled, decision.time) if tracking else ()
        return Ad(
            slot=slot,
            template=template.id,
            placement=placement.id,
            campaign=template.campaign,
            variant=int(shelf.variant[row]),
            product=filled.items[0].product if filled.items else None,
            propensity=drawn.propensity,
            trainable=decision.trainable and ref.logged,
            creative=_shown(filled, markup.html(template.creative, filled, click_url, clicks)),
            tracking=tracking,
        )

    def _described(self, request: DecisionRequest, decision: Decision, ref: DecisionRef, slot: int, place: int) -> Ad:
        """An ad that the request brought. Its links are not followed by us: a request could bring any."""
        given = (request.candidates or ())[place]
        drawn = decision.rounds[slot]
        tracking = None if request.options.dry_run else self._tracking(ref, slot, None, decision.time)
        filled = bare.filled(given.creative)
        return Ad(
            slot=slot,
            template=given.template,
            placement=given.placement,
            campaign=None,
            propensity=drawn.propensity,
            trainable=decision.trainable and ref.logged,
            creative=_shown(filled, bare.html(given.creative, given.creative.link)),
            tracking=tracking,
        )

    def _tracking(self, ref: DecisionRef, slot: int, link: str | None, now: float) -> Tracking:
        links = self._signer.links(Token(ref.policy, ref.raw, slot, int(now) + LINK_S, link or ""))
        return Tracking(
            impression_url=links["impression"],
            viewable_url=links["viewable"],
            click_url=links["click"] if link else None,
        )

    def _item_clicks(self, ref: DecisionRef, slot: int, filled: Filled, now: float) -> tuple[str, ...]:
        """Where a click on each product of a carousel is counted."""
        if filled.format != "carousel":
            return ()
        expires = int(now) + LINK_S
        tokens = (Token(ref.policy, ref.raw, slot, expires, item.link) for item in filled.items)
        return tuple(self._signer.links(token)["click"] for token in tokens)


def _shown(filled: Filled, html: str) -> Shown:
    return Shown(
        title=filled.title,
        description=filled.description,
        image_url=filled.image_url,
        html=html,
        format=filled.format,
        width=filled.width,
        height=filled.height,
        video_url=filled.video_url,
        price=filled.price,
        was_price=filled.was_price,
        call_to_action=filled.call_to_action,
        items=filled.items,
    )


def chosen_of(shelf: Shelf, drawn: Round) -> tuple[int, int]:
    """Rows of the template and the placement that a round of the shelf's candidates chose."""
    position = int(drawn.positions()[drawn.chosen])
    return int(shelf.template[position]), int(shelf.placement[position])
