"""Indices are Vowpal Wabbit's own, whatever the names and values look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.features import NAME_BYTES, STRING_BYTES, hash_features
from bandit.kernels.hashing import hashstring, murmur3
from tests.bandit.stock_vw import parsed

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
ODD = st.sampled_from(
    [
        "7",
        " 7",
        "007",
        "4294967297",
        "99999999999999999999",
        " a\t",
        "\na ",
        "a b",
        "a|b:c",
        " ",
        "é",
        "日本語",
        "\x01",
    ]
)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-1_000_000, 1_000_000),
    st.floats(-1e6, 1e6, width=32),
    TEXTS,
    ODD,
    st.lists(TEXTS | ODD, max_size=4),
)
NAMES = (TEXTS | ODD).filter(lambda name: 0 < len(name.encode()) <= NAME_BYTES and not name.startswith("_"))


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode() or b"", np.uint8)


@pytest.mark.parametrize("hashed", ["strings", "all"])
@given(features=st.dictionaries(NAMES, VALUES, min_size=1, max_size=12))
@settings(max_examples=400)
def test_indices_and_values_are_those_of_vw_reading_the_same_features_as_dsjson(hashed, features):
    index, value = parsed(features, hashed=hashed)
    ours = hash_features("Context", features, every=hashed == "all")
    assert (ours.index & (2**18 - 1)).tolist() == [i & (2**18 - 1) for i in index]
    assert ours.value.tolist() == value


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 127, 255, STRING_BYTES])
def test_strings_of_every_length_hash_as_in_vw(length):
    features = {"n": "x" * length}
    assert (hash_features("Context", features).index & 0x3FFFF).tolist() == [i & 0x3FFFF for i in parsed(features)[0]]


@pytest.mark.parametrize("bits", [10, 18, 24, 28])
def test_whole_hashes_serve_tables_of_any_size(bits):
    features = {"price": 9.5, "device": "mobile", "42": True, "tags": ["sale", "new"]}
    mask = 2**bits - 1
    assert (hash_features("Context", features).index & mask).tolist() == [i & mask for i in parsed(features, bits)[0]]


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [("", 0, 0), ("", 1, 0x514E28B7), ("abc", 0, 0xB3DD93FA), ("Hello, world!", 0x9747B28C, 0x24884CBA)],
)
def test_murmur3_gives_the_published_values(text, seed, expected):
    assert murmur3(_bytes(text), seed) == expected


def test_digits_hash_to_their_number_and_blanks_at_the_ends_do_not_count():
    assert hashstring(_bytes(" 123\n"), 5) == 128
    assert hashstring(_bytes(" a b "), 5) == murmur3(_bytes("a b"), 5)


def test_a_list_is_the_same_name_once_a_string():
    both = hash_features("Context", {"tags": ["sale", "new"]}).index
    each = [hash_features("Context", {"tags": tag}).index[0] for tag in ("sale", "new")]
    assert both.tolist() == each
