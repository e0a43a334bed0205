"""Asks a generator for texts and looks them over: what comes back is proposed, never shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import urllib3

from bandit.catalog import Template
from bandit.creatives.amounts import written
from bandit.creatives.filled import narrowest
from bandit.creatives.moderation import Terms, reasons
from bandit.creatives.slots import Grammar, Proposal, ProposalKind
from bandit.errors import BadInput
from bandit.products.product import Product
from service.creatives.contract import Brief, Current, Made, Sample

TIMEOUT = urllib3.Timeout(connect=3.0, read=60.0)  # seconds; generators think
LONGEST_S = 90.0  # of one answer altogether
MOST_BYTES = 256 * 1024  # of an answer
PRODUCTS = 20  # in a brief


def brief(
    template: Template, products: Iterable[Product], *, count: int, seed: int = 0, languages: tuple[str, ...] = ("en",)
) -> Brief:
    """What a generator is told of a template, and of some products that may fill it."""
    creative, grammar = template.creative, template.grammar or Grammar()
    samples = [
        Sample(
            title=one.title, brand=one.brand, category=narrowest(one.category), price=written(one.paid, languages[0])
        )
        for one, _ in zip(products, range(PRODUCTS), strict=False)
    ]
    return Brief(
        template=template.id,
        current=Current(
            title=creative.title,
            description=creative.description,
            call_to_action=creative.call_to_action,
            headlines=grammar.headlines,
            calls_to_action=grammar.calls_to_action,
        ),
        count=count,
        seed=seed,
        languages=languages,
        products=tuple(samples),
    )


def ask(url: str, wanted: Brief, elapsed: Callable[[], float]) -> Made:
    """The generator's answer.

    Raises BadInput if there is none of status 200, or it is not as the contract says. Redirects are not followed.
    """
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "adbandit"}
    pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)
    try:
        answer = pool.request(
            "POST", url, body=msgspec.json.encode(wanted), headers=headers, redirect=False, preload_content=False
        )
        return msgspec.json.decode(_body(answer, elapsed), type=Made)
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        raise _refused(f"the generator cannot be asked: {type(fault).__name__}") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise _refused(f"the generator's answer is not as wanted: {fault}") from None
    finally:
        pool.clear()


def proposals(made: Made, wanted: Brief, forbidden: tuple[str, ...] = ()) -> tuple[Proposal, ...]:
    """The texts of an answer, those first that moderation has nothing against; each text once.

    forbidden  the shop's own words
    """
    terms = Terms(facts=_facts(wanted), forbidden=forbidden)
    lists: tuple[tuple[ProposalKind, tuple[str, ...]], ...] = (
        ("headline", made.headlines),
        ("call_to_action", made.calls_to_action),
    )
    found = [
        Proposal(kind=kind, text=text, source=made.source, flags=reasons(text, kind, terms))
        for kind, texts in lists
        for text in dict.fromkeys(one.strip() for one in texts)
        if text
    ]
    return tuple(sorted(found, key=lambda one: bool(one.flags)))


def _facts(wanted: Brief) -> str:
    """What the shop says itself in this template. Products' names are none: a 50 in one is no 50 % off."""
    current = wanted.current
    said = (current.title, current.description, current.call_to_action, *current.headlines, *current.calls_to_action)
    return "\n".join(said)


def _body(answer: Any, elapsed: Callable[[], float]) -> bytes:
    if answer.status != 200:
        raise _refused(f"the generator answered with status {answer.status}")
    give_up_at = elapsed() + LONGEST_S
    body = bytearray()
    for piece in answer.stream(65_536):
        body += piece
        if len(body) > MOST_BYTES or elapsed() > give_up_at:
            raise _refused(f"the generator's answer has more than {MOST_BYTES} bytes, or took {LONGEST_S:.0f} s")
    return bytes(body)


def _refused(detail: str) -> BadInput:
    return BadInput("#/generator", "generator", detail)
