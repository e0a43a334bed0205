"""A generator to begin with, and to write another after: `python -m service.creatives.reference_generator --port 8090`.

It builds texts of a small grammar, the same ones for the same brief and seed, and knows only what is in the brief.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import msgspec

from service.creatives.contract import Brief, Made

SOURCE = "reference 1"
MOST_BODY = 256 * 1024  # bytes

Words = Sequence[str]
GRAMMAR: dict[str, tuple[Words, Words, Words]] = {  # openings, subjects and ends of headlines; of each, one
    "en": (
        ("Discover", "Meet", "Your next favourite:", "Just in:", "Made for you:", "A closer look at"),
        ("{product.title}", "{product.brand}", "{category}", "our {category}"),
        ("", "today", "at {product.price}", "from {product.brand}"),
    ),
    "de": (
        ("Entdecke", "Neu:", "Für dich:", "Jetzt da:"),
        ("{product.title}", "{product.brand}", "{category}"),
        ("", "für {product.price}", "von {product.brand}"),
    ),
    "zh": (
        ("发现", "新品：", "为你推荐：", "看看"),
        ("{product.title}", "{product.brand}", "{category}"),
        ("", "，仅需 {product.price}"),
    ),
}
CALLS = {
    "en": ("Shop now", "See more", "Take a look", "Find yours", "Browse the range", "Get yours", "View details"),
    "de": ("Jetzt ansehen", "Mehr sehen", "Entdecken", "Zum Angebot"),
    "zh": ("立即选购", "查看详情", "去看看", "了解更多"),
}


def made(brief: Brief) -> Made:
    """Texts for a brief, in an order that its seed gives."""
    headlines = [text for language in brief.languages for text in _headlines(brief, language)]
    calls = [call for language in brief.languages for call in CALLS.get(language, CALLS["en"])]
    return Made(
        headlines=_chosen(headlines, brief, brief.limits.get("headline", 90)),
        calls_to_action=_chosen(calls, brief, brief.limits.get("call_to_action", 25)),
        source=SOURCE,
    )


def _headlines(brief: Brief, language: str) -> Iterator[str]:
    categories = sorted({one.category for one in brief.products if one.category}) or ["range"]
    branded = any(one.brand for one in brief.products)
    space = "" if language == "zh" else " "
    for opening, subject, end in product(*GRAMMAR.get(language, GRAMMAR["en"])):
        text = f"{opening}{space}{subject}{space if end and end[0] != '，' else ''}{end}"
        if text.count("{product.brand}") > branded or ("{product" in text and not brief.products):
            continue
        yield from (text.replace("{category}", one) for one in (categories if "{category}" in text else [""]))


def _chosen(texts: Sequence[str], brief: Brief, longest: int) -> tuple[str, ...]:
    """The first of the texts in an order by their digests with the seed."""
    fitting = dict.fromkeys(text for text in texts if len(text) <= longest)
    return tuple(sorted(fitting, key=lambda text: _digest(brief.seed, text))[: brief.count])


def _digest(seed: int, text: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{text}".encode()).digest()


class Handler(BaseHTTPRequestHandler):
    """One POST, whatever its path."""

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        try:
            if not 0 < length <= MOST_BODY:
                raise ValueError(f"a brief has 1 to {MOST_BODY} bytes")
            brief = msgspec.json.decode(self.rfile.read(length), type=Brief)
            status, body = 200, msgspec.json.encode(made(brief))
        except ValueError as fault:  # msgspec's, too
            status, body = 422, msgspec.json.encode({"detail": str(fault)})
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: briefs are no secret, and are nobody's reading."""


def server(port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """A server that listens; `serve_forever` answers."""
    return ThreadingHTTPServer((host, port), Handler)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    server(given.port, given.host).serve_forever()


if __name__ == "__main__":
    main()
