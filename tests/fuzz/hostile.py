"""What Vowpal Wabbit, a parser, a hash or a float32 might choke on: names, values and whole requests.

Each was seen to end, hang or poison something: a namespace key that begins with a letter beyond ASCII corrupts the heap
of VW's JSON parser, `{"_zzz":}` ends it, a NUL ends a string, `--bag 0` and `--help` end the process, an infinite cost
or feature makes every weight NaN. All of it is JSON, as bytes, since much of it is not what `json.dumps` would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]

NAMES = [
    *("", "_zzz", "_label", "_original_label_cost", "__proto__", "a_tag_b", "Context", "User", "Ad", "default"),
    *(
        "|",
        ":",
        "a|b",
        "a:1",
        "a b",
        "a\nb",
        "a\tb",
        "\r\n",
        " ",
        "'",
        '"',
        "\\",
        "\0",
        "a\0b",
        "\x80",
        "\x7f",
        "\x1b[0m",
    ),
    *("é", "ß", "Ω", "中", "\U0001f600", "\u200b", "\u202e", "\ufeff", "\uffff", "e\u0301", "İ"),
    *(
        "0",
        "007",
        "-1",
        "1e9",
        "NaN",
        "18446744073709551616",
        "shared",
        "shared |",
        "0:-1:0.5 |a b",
        "--help",
        "../../x",
    ),
    *(
        "x" * 128,
        "x" * 129,
        "\U0001f600" * 32,
        "\U0001f600" * 33,
        "x" * 10_000,
        "%s%n",
        "{x}",
        "{{7*7}}",
        "a.b",
        ".",
        "~1",
    ),
]
STRINGS = [*NAMES, "y" * 256, "y" * 257, "\U0001f600" * 64, "\U0001f600" * 65]
NUMBERS = [
    *("0", "-0", "-0.0", "1e-400", "5e-324", "-5e-324", "1e-45", "1.17549435e-38", "1e-30", "0.1", "1e6", "-1e6"),
    *(
        "1000000.0000001",
        "1e7",
        "3.4e38",
        "3.5e38",
        "1e308",
        "-1e308",
        "1.7976931348623157e308",
        "1e309",
        "1e999",
        "-1e999",
    ),
    *(
        "2147483648",
        "4294967296",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
    ),
    *(
        "18446744073709551616",
        "1" + "0" * 400,
        "0." + "0" * 400 + "1",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        "1.",
        "0x1",
    ),
]
OTHERS = [
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[[]]",
    "[1]",
    "[null]",
    '["a",1]',
    '["a","a","a"]',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\u0000"',
]
VALUES = [*map(json.dumps, STRINGS), *NUMBERS, *OTHERS]


class Sent(NamedTuple):
    """One request."""

    method: str
    path: str
    body: bytes


def contexts() -> Iterator[bytes]:
    """JSON objects for `context`, `features` and the like."""
    for name in NAMES:
        key = json.dumps(name)
        yield from (
            _object(f"{key}:{value}") for value in ("1", json.dumps(name), f'{{{key}:{key},"x":1e6}}', f"[{key}]")
        )
        yield _object(f'"user":{{{key}:{key}}}')
    for value in VALUES:
        yield _object(f'"x":{value}')
        yield _object(f'"page":{{"x":{value}}}')
    yield from structures()


def structures() -> Iterator[bytes]:
    """Too deep, too wide, twice, broken, or with all features in few weights."""
    for depth in (3, 100, 10_000):
        yield b'{"x":' * depth + b"1" + b"}" * depth
        yield b'{"x":' + b"[" * depth + b"]" * depth + b"}"
    for width in (256, 257, 3_000):
        yield json.dumps({f"f{i}": 1e6 for i in range(width)}).encode()
        yield json.dumps({"tags": ["t"] * width}).encode()
        yield json.dumps(
            {"user": {f"u{i}": -1e6 for i in range(128)}, **{f"f{i}": "v" for i in range(width - 128)}}
        ).encode()
    yield from (
        b'{"x":1,"x":2}',
        b'{"a.b":1,"a":{"b":2}}',
        b'{"x":1}}',
        b'{"_zzz":}',
        b"{",
        b"",
        b"\x80",
        b'{"\x80":1}',
        b'{"x":"\xff"}',
    )
    yield from (
        b"1",
        b"null",
        b'""',
        b"[]",
        b"true",
        b"\xef\xbb\xbf{}",
        b"{}\0",
        b'{"x":"\xed\xa0\x80"}',
        b'{"\xc3":1}',
    )


def decisions() -> Iterator[Sent]:
    """As context, and as features of candidates that the request brings."""
    for content in contexts():
        yield Sent("POST", "/v1/decisions", b'{"policy":"home","context":' + content + b"}")
        candidate = b'{"template":"t","features":' + content + b',"placement_features":' + content + b"}"
        yield Sent("POST", "/v1/decisions", b'{"policy":"home","candidates":[' + candidate + b',{"template":"u"}]}')
    for name in NAMES:
        text = json.dumps(name)
        for field in ("policy", "request_id", "user", "placements", "templates", "baseline", "candidates", "options"):
            yield Sent("POST", "/v1/decisions", f'{{"policy":"home","{field}":{text}}}'.encode())
        yield Sent("POST", "/v1/decisions", f'{{"policy":"home","user":{{"key":{text}}},"request_id":{text}}}'.encode())
    for number in NUMBERS:
        yield Sent("POST", "/v1/decisions", f'{{"policy":"home","count":{number}}}'.encode())


def catalogs() -> Iterator[Sent]:
    """As features and texts of templates and placements."""
    for content in contexts():
        yield Sent("PUT", "/v1/templates/hostile", b'{"features":' + content + b"}")
        yield Sent("PUT", "/v1/placements/hostile", b'{"features":' + content + b"}")
    for text in map(json.dumps, STRINGS):
        creative = f'{{"title":{text},"description":{text},"html":{text}}}'
        yield Sent("PUT", "/v1/templates/hostile", f'{{"creative":{creative}}}'.encode())
        yield Sent("PUT", "/v1/templates/hostile", f'{{"creative":{{"link":{text}}},"formats":[{text}]}}'.encode())
        yield Sent("PUT", "/v1/placements/hostile", f'{{"page_type":{text},"format":{text}}}'.encode())


VW_ARGS = [
    *("--help", "-h", "--version", "--daemon", "--bag 0", "--bag 5", "--cover 3", "--cb_type dr", "--cb_dro", "--nn 5"),
    *(
        "--sparse_weights",
        "--OjaNewton",
        "--automl 3",
        "--save_resume",
        "--random_seed 7",
        "--rnd 3",
        "-f /tmp/x",
        "-i /tmp/x",
    ),
    *(
        "-d /etc/passwd",
        "--initial_t nan",
        "--initial_t inf",
        "--initial_t -1",
        "--initial_t 1e999",
        "--initial_t",
        "--sgd=1",
    ),
    *(
        "--sgd --sgd",
        "--sgd --coin",
        "--ftrl_alpha 1",
        "--\0",
        "--é",
        "",
        " ",
        "--args x",
        "--foreground",
        "-q ::",
        "--bfgs",
    ),
]
LEARNINGS = [
    *(
        '{"cb_type":"dr"}',
        '{"cb_type":"--help"}',
        '{"bits":0}',
        '{"bits":64}',
        '{"bits":-1}',
        '{"bits":18.5}',
        '{"bits":1e999}',
    ),
    *(
        '{"learning_rate":0}',
        '{"learning_rate":-1}',
        '{"learning_rate":1e999}',
        '{"learning_rate":NaN}',
        '{"power_t":-1}',
    ),
    *(
        '{"power_t":2}',
        '{"interactions":["::"]}',
        '{"interactions":["UA\\n"]}',
        '{"interactions":["U"]}',
        '{"interactions":["UAP0"]}',
    ),
    *(
        '{"ignore_linear":"X"}',
        '{"propensity_floor":0}',
        '{"propensity_floor":1e-9}',
        '{"l1":1}',
        '{"l2":-1}',
        '{"half_life_h":0}',
    ),
    *(
        '{"half_life_h":1e-300}',
        '{"replay":{"depth":-1}}',
        '{"replay":{"depth":1000000}}',
        '{"replay":{"buffer":0}}',
        '{"hash":"none"}',
    ),
    *("null", "[]", "1", '{"--help":1}'),
]
POLICIES = [
    *('{"horizon_s":0}', '{"horizon_s":-1}', '{"horizon_s":1e999}', '{"horizon_s":NaN}', '{"holdout":{"share":2}}'),
    *('{"holdout":{"share":-0.1}}', '{"holdout":{"baseline":{"kind":"fixed"}}}', '{"reward":{"click":1e308}}'),
    *(
        '{"reward":{"click":NaN}}',
        '{"reward":{"minimum":1,"maximum":1}}',
        '{"reward":{"maximum":3e38}}',
        '{"reward":{"minimum":-1e999}}',
    ),
    *(
        '{"exploration":{"softmax_lambda":0}}',
        '{"exploration":{"softmax_lambda":1e999}}',
        '{"exploration":{"epsilon":-1}}',
    ),
    *(
        '{"exploration":{"min_probability":1}}',
        '{"exploration":{"gamma_scale":0}}',
        '{"currency":"eur"}',
        '{"currency":"EU\\n"}',
    ),
]


def configs() -> Iterator[Sent]:
    """As learning configs, none of which may be taken."""
    for words in VW_ARGS:
        arguments = json.dumps(words.split(" ") if words.strip() else [words])
        yield Sent("PUT", "/v1/policies/hostile", f'{{"learning":{{"vw_args":{arguments}}}}}'.encode())
    for content in LEARNINGS:
        yield Sent("PUT", "/v1/policies/hostile", f'{{"learning":{content}}}'.encode())
    for content in POLICIES:
        yield Sent("PUT", "/v1/policies/hostile", content.encode())


def told(decision_id: str) -> Iterator[Sent]:
    """As events, rewards and purchases of a decision."""
    own = json.dumps(decision_id)
    for n, value in enumerate([*NUMBERS, *OTHERS]):
        reward = f'{{"decision_id":{own},"event_id":"r{n}-{decision_id}","value":{value}}}'
        yield Sent("POST", "/v1/rewards", reward.encode())
        for money in (f'{{"value":{value},"currency":"EUR"}}', value):
            event = f'{{"id":"p{n}-{decision_id}","type":"purchase","decision_id":{own},"value":{money}}}'
            yield Sent("POST", "/v1/events", f'{{"events":[{event}]}}'.encode())
        event = f'{{"id":"s{n}-{decision_id}","type":"click","decision_id":{own},"slot":{value}}}'
        yield Sent("POST", "/v1/events", f'{{"events":[{event}]}}'.encode())
    for text in map(json.dumps, NAMES):
        yield Sent("POST", "/v1/events", f'{{"events":[{{"id":{text},"type":"click","decision_id":{own}}}]}}'.encode())
        yield Sent("POST", "/v1/events", f'{{"events":[{{"id":"e","type":{text},"decision_id":{text}}}]}}'.encode())
    for content in structures():
        yield Sent("POST", "/v1/events", b'{"events":[' + content + b"]}")
        yield Sent("POST", "/v1/events", content)


def _object(inside: str) -> bytes:
    return f"{{{inside}}}".encode()
