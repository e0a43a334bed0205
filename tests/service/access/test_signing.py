"""Ids and links: only the very text that was signed here says anything."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bandit.errors import BadInput, Forged
from service.access.signing import (
    MAC_BYTES,
    RAW_BYTES,
    TRACKED,
    DecisionRef,
    Signer,
    Token,
    Tracked,
    _link_macs,
    new_raw,
    unlogged,
)
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
    macs = _link_macs(SIGNER._accepted[0].token, body)
    mac = macs[2 * MAC_BYTES :]  # sound, as far as that goes
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


def test_an_unlogged_decision_is_known_by_its_id_and_its_links() -> None:
    raw = new_raw(NOW_S, bytes(10))
    read = SIGNER.read_decision_id(SIGNER.decision_id(DecisionRef("home", unlogged(raw), 1)))
    assert (read.logged, DecisionRef("home", raw, 1).logged) == (False, True)
    assert read.time == DecisionRef("home", raw, 1).time == NOW_S


OLD, NEW = b"o" * 32, b"n" * 32


def rotated(*secrets: bytes) -> Signer:
    signer = Signer(b"s" * 32)
    signer.use(secrets)
    return signer


@laws(60)
@given(refs, tokens)
def test_what_an_old_secret_signed_is_good_while_that_is_accepted_and_no_longer(ref: DecisionRef, token: Token) -> None:
    decision, click = rotated(OLD).decision_id(ref), link(token, signer=rotated(OLD))
    both = rotated(NEW, OLD)
    assert both.read_decision_id(decision) == ref
    assert both.read_link("c", click) == token
    for refuses in (lambda: rotated(NEW).read_decision_id(decision), lambda: rotated(NEW).read_link("c", click)):
        with pytest.raises(Forged):
            refuses()


@laws(60)
@given(refs, tokens)
def test_the_first_secret_signs(ref: DecisionRef, token: Token) -> None:
    both = rotated(NEW, OLD)
    assert rotated(NEW).read_decision_id(both.decision_id(ref)) == ref
    assert rotated(NEW).read_link("i", link(token, "impression", both)) == token


@laws(60)
@given(st.text())
def test_a_pseudonym_outlives_every_rotation(key: str) -> None:
    assert rotated(NEW).pseudonym(key) == SIGNER.pseudonym(key)


def test_the_root_signs_nothing_once_it_is_dropped() -> None:
    with pytest.raises(Forged):
        rotated(NEW).read_decision_id(SIGNER.decision_id(DecisionRef("home", b"r" * RAW_BYTES, 1)))


@pytest.mark.parametrize("secrets", [(), (b"s" * 31,), (NEW, b"")])
def test_no_or_a_short_secret_is_never_signed_with(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(BadInput):
        rotated(*secrets)
