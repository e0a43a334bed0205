"""Texts asked of a generator over HTTP: what it says is looked over, and only proposed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import msgspec
import pytest

from bandit.catalog import Creative, Template
from bandit.creatives.moderation import reasons
from bandit.errors import BadInput
from service.creatives.contract import Brief, Made
from service.creatives.generating import MOST_BYTES, ask, brief, proposals
from service.creatives.reference_generator import Handler, made
from tests.bandit.creatives.products import HOSTILE, product
from tests.service.creatives.pictures import serving

TEMPLATE = Template(id="t", creative=Creative(title="Up to 30 % off", description="Only in summer"))
PRODUCTS = [product(1, category="Shoes > Running"), product(2, category="Shoes > Trail")]
BRIEF = brief(TEMPLATE, PRODUCTS, count=5, languages=("en", "zh"))


class Canned(BaseHTTPRequestHandler):
    """Answers the bytes of the moment."""

    status, body = 200, b"{}"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(Canned.status)
        self.send_header("Content-Length", str(len(Canned.body)))
        self.end_headers()
        self.wfile.write(Canned.body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def reference() -> Iterator[str]:
    with serving(Handler) as url:
        yield url


@pytest.fixture(scope="module")
def canned() -> Iterator[str]:
    with serving(Canned) as url:
        yield url


def test_a_brief_tells_what_is_there_and_nothing_of_users() -> None:
    assert BRIEF.current.title == "Up to 30 % off"
    assert [(one.title, one.category, one.price) for one in BRIEF.products] == [
        ("Shoe 1", "Running", "€50.00"),
        ("Shoe 2", "Trail", "€50.00"),
    ]


def test_the_reference_answers_over_http_what_it_makes(reference: str) -> None:
    assert ask(reference, BRIEF, time.monotonic) == made(BRIEF)


def test_it_makes_the_same_of_a_seed_and_something_else_of_another() -> None:
    other = msgspec.structs.replace(BRIEF, seed=1)
    assert made(BRIEF) == made(BRIEF) != made(other)


@pytest.mark.parametrize("languages", [("en",), ("de",), ("zh",), ("xx",), ("en", "de", "zh")])
def test_moderation_has_nothing_against_what_it_makes(languages: tuple[str, ...]) -> None:
    wanted = msgspec.structs.replace(BRIEF, languages=languages, count=50)
    found = proposals(made(wanted), wanted)
    assert len(found) >= 10
    assert not [one for one in found if one.flags]


def test_without_products_it_names_none() -> None:
    texts = made(brief(TEMPLATE, [], count=50)).headlines
    assert texts
    assert not [text for text in texts if "{product" in text]


def test_it_refuses_what_is_no_brief(reference: str) -> None:
    with pytest.raises(BadInput, match="422"):
        ask(reference, Brief(template="!", current=BRIEF.current), time.monotonic)


@pytest.mark.parametrize("text", [one for one in HOSTILE if one != "{product.title}"])
def test_what_is_hostile_is_proposed_with_its_flags_only(text: str) -> None:
    (found,) = proposals(Made(headlines=(text,)), BRIEF)
    assert found.flags == reasons(text.strip(), "headline") != ()


def test_numbers_of_the_shop_s_own_texts_may_be_repeated_and_no_others() -> None:
    found = proposals(Made(headlines=("Save 40 %", "Save 30 %")), BRIEF)
    assert [(one.text, one.flags) for one in found] == [("Save 30 %", ()), ("Save 40 %", ("claim",))]


def test_the_shop_s_own_words_are_flagged() -> None:
    (found,) = proposals(Made(calls_to_action=("Ask Acme",)), BRIEF, ("acme",))
    assert (found.kind, found.flags) == ("call_to_action", ("forbidden",))


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (302, b"{}"), (200, b""), (200, b"no JSON"), (200, b"[1]"), (200, b'{"headlines": [1]}'),
     (200, b'{"headlines": ["' + b"x" * 3_000 + b'"]}'), (200, b'{"headlines": ["\\ud800"]}'),
     (200, b"[" * 50_000), (200, b" " * (MOST_BYTES + 1))],
)  # fmt: skip
def test_another_answer_than_the_contract_s_is_refused(canned: str, status: int, body: bytes) -> None:
    Canned.status, Canned.body = status, body
    with pytest.raises(BadInput, match="generator"):
        ask(canned, BRIEF, time.monotonic)


def test_a_generator_that_is_away_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot be asked"):
        ask("http://127.0.0.1:1/", BRIEF, time.monotonic)
