"""Ids and links: only the very text that was signed here says anything."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bandit.errors import BadInput, Forged
from service.signing import RAW_BYTES, TRACKED, DecisionRef, Signer, Token, Tracked, new_raw
from tests.entries import laws

SIGNER, FOREIGN = Signer(b"s" * 32), Signer(b"t" * 32)
NOW_S = 1_800_000_000.0
SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

policies = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
raws = st.binary(min_size=RAW_BYTES, max_size=RAW_BYTES)
refs = st.builds(DecisionRef, policy=policies, raw=raws, slots=st.integers(0, 20))
links = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"], exclude_characters="<>\"'"), max_size=500)
tokens = st.builds(
    Token,
    policy=policies,
    raw=raws,
    slot=st.integers(0, 19),
    expires=st.integers(int(NOW_S), 2**33),
    destination=links.map("https://".__add__),
)
LONGEST = Token("p" * 64, b"\xff" * RAW_BYTES, 19, 2**33, "https://" + "\U0001f45f" * 2_000)


def refused(text: str) -> bool:
    try:
        SIGNER.read_decision_id(text)
    except Forged:
        return True
    return False


def not_followed(text: str, letter: str = "c") -> bool:
    try:
        SIGNER.read_link(letter, text)
    except Forged:
        return True
    return False


def link(token: Token, kind: Tracked = "click", signer: Signer = SIGNER) -> str:
    """The signed part of a link."""
    return signer.links(token)[kind].rpartition("/")[2]


@laws(200)
@given(refs)
def test_a_decision_id_says_what_it_was_made_of(ref: DecisionRef) -> None:
    text = SIGNER.decision_id(ref)
    assert SIGNER.read_decision_id(text) == ref
    assert set(text) <= SAFE
    assert len(text) <= 160  # of schemas.DecisionId


@laws(200)
@given(tokens)
@example(LONGEST)
def test_a_link_says_what_it_was_made_of_and_works_for_its_own_type_only(token: Token) -> None:
    for letter, kind in TRACKED.items():
        text = link(token, kind)
        assert SIGNER.read_link(letter, text) == token
        assert set(text) <= SAFE
        assert all(not_followed(text, other) for other in ["i", "v", "c", "", "x", "\ud800"] if other != letter)


@laws(250)
@given(st.text() | st.text("ab-_.=%", max_size=60))
@example("\ud800.\ud800.\ud800")
@example("home.AAAA\0.AAAA")
@example("." * 10_000)
def test_no_text_is_taken_and_none_crashes(text: str) -> None:
    assert refused(text)
    assert not_followed(text)


@laws(250)
@given(refs, st.data())
def test_an_altered_decision_id_is_refused(ref: DecisionRef, data: st.DataObject) -> None:
    text = SIGNER.decision_id(ref)
    assert refused(altered(text, data))


@laws(250)
@given(tokens, st.data())
def test_an_altered_link_is_not_followed(token: Token, data: st.DataObject) -> None:
    assert not_followed(altered(link(token), data))


def altered(text: str, data: st.DataObject) -> str:
    """The text with one character put in, taken out or replaced."""
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from(["", "A", "-", ".", "=", "!", "\n", "é"]))
    gone = data.draw(st.integers(0, 1))
    changed = text[:at] + put + text[at + gone :]
    return changed if changed != text else text + "A"


@laws(100)
@given(refs, policies)
def test_an_id_is_of_one_policy_only(ref: DecisionRef, other: str) -> None:
    body, mac = SIGNER.decision_id(ref).rsplit(".", 2)[1:]
    assert other == ref.policy or refused(f"{other}.{body}.{mac}")


@laws(100)
@given(refs, tokens)
def test_what_another_installation_signed_is_refused(ref: DecisionRef, token: Token) -> None:
    assert refused(FOREIGN.decision_id(ref))
    assert not_followed(link(token, signer=FOREIGN))


def test_a_token_is_no_decision_id_and_an_id_no_token() -> None:
    ref = DecisionRef("home", b"r" * RAW_BYTES, 1)
    assert not_followed(SIGNER.decision_id(ref))
    assert not_followed(SIGNER.decision_id(ref).partition(".")[2])
    assert refused("home." + link(LONGEST))


def test_a_link_of_an_older_schema_is_not_followed() -> None:
    body = msgspec.msgpack.encode(["home", b"r" * RAW_BYTES])
    mac = SIGNER._mac(SIGNER._token, b"c" + body)
    assert not_followed(".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (body, mac)))


def test_an_id_tells_when_it_was_made_to_the_millisecond() -> None:
    assert DecisionRef("home", new_raw(NOW_S + 0.125, bytes(10)), 1).time == NOW_S + 0.125


@laws(100)
@given(st.text(), st.text())
def test_a_pseudonym_depends_on_key_and_secret_alone(key: str, other: str) -> None:
    assert len(SIGNER.pseudonym(key)) == 16
    assert SIGNER.pseudonym(key) == Signer(b"s" * 32).pseudonym(key) != FOREIGN.pseudonym(key)
    assert key == other or SIGNER.pseudonym(key) != SIGNER.pseudonym(other)


@pytest.mark.parametrize("secret", [b"", b"s" * 31])
def test_a_secret_too_short_to_keep_is_refused(secret: bytes) -> None:
    with pytest.raises(BadInput, match="32"):
        Signer(secret)
