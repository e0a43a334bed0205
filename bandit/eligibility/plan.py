"""All that keeps candidates from a request, joined: rules, keywords, brand safety, caps, budgets and priorities.

Compiled once a shelf. What a request may not be shown depends on few things about it, so it is worked out once for
all requests that are alike in these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

from bandit.arrays import Flags, Rowed
from bandit.eligibility import capped, keywords
from bandit.eligibility.capped import Capped
from bandit.eligibility.compiled import PASSED, REASONS, Clauses, Compiled
from bandit.eligibility.limits import NONE, Levels, Limits
from bandit.eligibility.priorities import USUAL, ranked
from bandit.features import Feature
from bandit.profiles.exposures import Exposures
from bandit.shelf import Shelf

BUDGET: Final = "budget"  # of a campaign without money
NO_PRODUCT: Final = "no_product"  # of a template that no product in stock fills
_KEPT = 512  # different limits of one plan that are remembered


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """A plan by rows of the shelf's templates and placements."""

    compiled: Compiled
    row: Rowed  # int32[t] set of clauses of each template
    wanted: Rowed  # int32[t] clause that one of its keywords is in the query; empty where no placement searches
    searching: Flags  # bool[p] search placements
    campaign: Rowed  # int32[t] or -1
    free: Limits  # where nothing is kept out


class Plan:
    """What the campaigns, templates and placements of a shelf ask for.

    rules        whether a request's context matters
    audience     whether the profile of its user does
    needs_state  whether anything that is known of its user does
    """

    __slots__ = ("_capped", "_caps", "_free", "_joined", "_truth", "audience", "needs_state", "rules")

    def __init__(self, shelf: Shelf) -> None:
        clauses = Clauses()
        laid = _laid(shelf, clauses)
        self._truth = laid.compiled.truth
        self._free = laid.free
        self._caps = _caps(shelf)
        self._capped = any(self._caps)
        self._joined = lru_cache(maxsize=_KEPT)(partial(_join, laid))
        self.rules = bool(clauses.bit)
        self.audience = clauses.ask_users
        self.needs_state = self.audience or self._capped

    def limits(
        self,
        context: Mapping[str, Any],
        profile: Mapping[str, Feature],
        exposures: Exposures,
        spent: Flags | None,
        now: float,
        levels: Levels | None = None,
        unfit: Flags | None = None,
    ) -> Limits:
        """What keeps candidates from this request; `limits.NONE` or the like where nothing does.

        context    of the request
        profile    features of its user; empty where nobody is named or may be personalised for
        exposures  what the user was shown, whether seen yet or not
        spent      bool[c] which of the shelf's campaigns have no money left; None: all have
        now        seconds since 1970
        unfit      bool[t] templates that no product fills; None: there are none
        """
        full = self._full(exposures, now) if self._capped and len(exposures) else b""
        gone = spent.tobytes() if spent is not None and spent.any() else b""
        empty = b"" if unfit is None else unfit.tobytes()
        if self.rules:
            found = self._joined(self._truth(context, profile, now), gone, full, empty)
        else:
            found = self._joined(0, gone, full, empty) if gone or full or empty else self._free
        return found if levels is None else found._replace(levels=levels)

    def _full(self, exposures: Exposures, now: float) -> bytes:
        """Flags of the caps that are reached, of all kinds one after the other; empty where none is."""
        flags = b"".join([caps.reached(exposures, now).tobytes() for caps in self._caps])
        return flags if b"\1" in flags else b""


def _laid(shelf: Shelf, clauses: Clauses) -> _Laid:
    owners = [shelf.campaigns[i] if i >= 0 else None for i in shelf.campaign.tolist()]
    sets = [(clauses.of(c.targeting), clauses.labelled(c.avoids)) if c else (0, 0) for c in owners]
    searching = np.array([place.kind == "search" for place in shelf.placements], np.bool_)
    wanted = [clauses.saying(c.keywords if c else ()) for c in owners] if searching.any() else []
    rows = {some: row for row, some in enumerate(dict.fromkeys(sets))}
    priority = ranked([c.priority if c else USUAL for c in owners])
    return _Laid(
        compiled=Compiled(clauses, tuple(rows)),
        row=np.array([rows[some] for some in sets], np.int32),
        wanted=np.array([some.bit_length() - 1 for some in wanted], np.int32),
        searching=searching,
        campaign=shelf.campaign,
        free=NONE if priority is None else Limits(priority=priority),
    )


def _caps(shelf: Shelf) -> tuple[Capped, Capped, Capped]:
    owners = [shelf.campaigns[i] if i >= 0 else None for i in shelf.campaign.tolist()]
    return (
        Capped("template", [(template.id, template.caps) for template in shelf.templates]),
        Capped("campaign", [(owner.id, owner.caps) if owner else ("", ()) for owner in owners]),
        Capped("placement", [(place.id, place.caps) for place in shelf.placements]),
    )


def _join(laid: _Laid, truth: int, gone: bytes, full: bytes, empty: bytes) -> Limits:
    """The limits of all requests that are alike.

    truth  what rules ask of a request, see `Compiled.truth`
    gone   bool[c] campaigns without money, or empty
    full   bool[t + t + p] caps that are reached, or empty
    empty  bool[t] templates that no product fills, or empty
    """
    templates, pairs = _of_rules(laid, truth)
    placements: dict[str, Flags] = {}
    if full:
        t = len(laid.row)
        of_ads, of_campaigns, of_places = np.split(np.frombuffer(full, np.bool_), [t, 2 * t])
        templates |= {capped.REASONS["template"]: of_ads, capped.REASONS["campaign"]: of_campaigns}
        placements[capped.REASONS["placement"]] = of_places
    if gone:
        templates[BUDGET] = np.frombuffer(gone, np.bool_)[laid.campaign] & (laid.campaign >= 0)
    if empty:
        templates[NO_PRODUCT] = np.frombuffer(empty, np.bool_)
    templates = {reason: flags for reason, flags in templates.items() if flags.any()}
    placements = {reason: flags for reason, flags in placements.items() if flags.any()}
    if not (templates or pairs or placements):
        return laid.free
    said = (*templates.items(), *placements.items(), *((reason, flags) for reason, (flags, _) in pairs.items()))
    key = b"".join(reason.encode() + flags.tobytes() for reason, flags in said)
    return laid.free._replace(templates=templates, pairs=pairs, placements=placements, key=key)


def _of_rules(laid: _Laid, truth: int) -> tuple[dict[str, Flags], dict[str, tuple[Flags, Flags]]]:
    settled = laid.compiled.settled(truth)
    codes = laid.compiled.codes(settled)[laid.row]
    given = np.flatnonzero(np.bincount(codes, minlength=PASSED)[: len(REASONS)])
    found = {REASONS[code]: codes == code for code in given.tolist()}
    if len(laid.wanted) and not (wanted := settled[laid.wanted]).all():
        return found, {keywords.REASON: (~wanted, laid.searching)}
    return found, {}
