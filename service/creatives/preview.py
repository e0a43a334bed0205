"""A template as it would be shown: in each place it fits, each variant, on a light page and on a dark one.

Every ad stands in a frame of its own with an empty `sandbox`: no script, no form, no way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

import msgspec

from bandit.catalog import Catalog, Placement, Template, checked
from bandit.creatives import markup
from bandit.creatives.filled import FORMATS, Filled, fill
from bandit.creatives.slots import Format
from bandit.creatives.variants import expand
from bandit.errors import BadInput
from bandit.links import Hosts
from bandit.products.product import Product
from service.creatives.samples import samples

VARIANTS = 12  # shown of one placement
PLACEMENTS = 20  # shown of one template
_ROOM = 16  # pixels around an ad
_HIGH: dict[Format | None, int] = {None: 280, "native": 170, "carousel": 380}  # of an ad, where its texts say how high


class Previewed(NamedTuple):
    """One variant in one place."""

    placement: Placement
    variant: int
    template: Template  # the variant's
    filled: Filled
    html: str


def preview(
    template: Template,
    placement: Placement,
    products: Sequence[Product] = (),
    *,
    variant: int = 0,
    language: str = "en",
) -> Previewed:
    """The ad of one variant; sample products where none are given.

    Raises BadInput for a variant that the template does not have.
    """
    variants = expand(template)
    if not 0 <= variant < len(variants):
        raise BadInput("#/variant", "bound", f"the template has {len(variants)} variants, counted from 0")
    chosen = variants[variant]
    some = (products or samples()) if template.filling else ()
    filled = fill(chosen.creative, chosen.filling, some, placement=placement, language=language)
    return Previewed(placement, variant, chosen, filled, markup.html(chosen.creative, filled, "#"))


def checked_template(template: Template, hosts: Hosts, at: str) -> Template:
    """A template that came with a request, looked at as a catalog's are; its campaign and placements are not.

    at  JSON pointer to it

    Raises BadInput.
    """
    alone = msgspec.structs.replace(template, campaign=None, placements=None)
    try:
        checked(Catalog(templates=(alone,)), hosts)
    except BadInput as fault:
        raise BadInput(at + fault.pointer.removeprefix("#/templates/0"), fault.code, fault.detail) from None
    return template


def places(catalog: Catalog, template: Template) -> list[Placement]:
    """Where a template may stand; in a catalog without a place for it, one of each format."""
    fitting = [
        one
        for one in catalog.placements
        if (template.placements is None or one.id in template.placements)
        and (template.formats is None or one.format in template.formats)
    ]
    return fitting or [Placement(id=name, format=name) for name in sorted(FORMATS)]


def page(template: Template, where: Sequence[Placement], products: Sequence[Product] = (), language: str = "en") -> str:
    """The whole page, without any script."""
    count = len(expand(template))
    sections = [
        _section([preview(template, one, products, variant=v, language=language) for v in range(min(count, VARIANTS))])
        for one in islice(where, PLACEMENTS)
    ]
    name = escape(template.id)
    facts = [f"{count} variant{'s' * (count != 1)}", template.status, f"campaign {template.campaign or 'none'}"]
    filled = "no product" if not template.filling else "your products" if products else "sample products"
    listed = "".join(f"<li>{escape(one)}</li>" for one in (*facts, f"filled with {filled}"))
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8"><title>{name}: preview</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><header><p>Preview</p><h1>{name}</h1><ul>{listed}</ul></header>"
        f"<main>{''.join(sections)}</main></body></html>"
    )


def frame(found: Previewed, *, dark: bool) -> str:
    """The ad in a sandboxed frame, on a page of its own."""
    width, height = size(found.filled)
    tone = "dark" if dark else "light"
    title = f"{found.placement.id}, variant {found.variant}, {tone}"
    return (
        f'<iframe sandbox="" loading="lazy" class="{tone}" title="{escape(title)}" width="{width}" height="{height}" '
        f'srcdoc="{escape(document(found.html, dark=dark))}"></iframe>'
    )


def document(html: str, *, dark: bool) -> str:
    """A page of nothing but the ad."""
    tone, colours = ("dark", "#f1f5f9;background:#020617") if dark else ("light", "#0f172a;background:#fff")
    return (
        f'<!doctype html><html style="color-scheme:{tone}"><meta charset="utf-8"><style>{_PLAIN}</style>'
        f'<body style="margin:{_ROOM}px;font:16px/1.35 system-ui,sans-serif;color:{colours}">{html}</body></html>'
    )


_PLAIN = "img:not([style]){max-width:100%;max-height:200px}"  # what a shop's page would say, too, of ads that it styles


def size(filled: Filled) -> tuple[int, int]:
    """Width and height of the frame that an ad has room in, in pixels."""
    width = filled.width or 320
    own = filled.height or 0
    height = own if filled.format == "banner" else max(own, _HIGH.get(filled.format, width * 9 // 16 + 150))
    return width + 2 * _ROOM, height + 2 * _ROOM


def _section(found: Sequence[Previewed]) -> str:
    first = found[0]
    filled = first.filled
    pixels = f"{filled.width} × {filled.height}" if filled.width and filled.height else "size of the page's own"
    name = escape(first.placement.id)
    said = f"{escape(filled.format or 'plain')} · {pixels}"
    ads = "".join(_card(one) for one in found)
    return f'<section aria-labelledby="p-{name}"><h2 id="p-{name}">{name} <small>{said}</small></h2>{ads}</section>'


def _card(found: Previewed) -> str:
    missing = ", ".join(found.filled.missing)
    warning = f'<p class="missing">Not shown: nothing fills {escape(missing)}.</p>' if missing else ""
    creative = found.template.creative
    texts = " · ".join(escape(text) for text in (creative.title, creative.call_to_action) if text)
    caption = f"<figcaption><b>Variant {found.variant}</b> {texts}</figcaption>"
    frames = f'<div class="pair">{frame(found, dark=False)}{frame(found, dark=True)}</div>'
    return f"<figure>{caption}{warning}{frames}</figure>"


_STYLE = """
:root{color-scheme:light dark;--page:#f8fafc;--card:#fff;--ink:#0f172a;--soft:#64748b;--line:#e2e8f0;--warn:#b45309}
@media (prefers-color-scheme:dark){
:root{--page:#020617;--card:#0f172a;--ink:#e2e8f0;--soft:#94a3b8;--line:#1e293b;--warn:#fbbf24}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main{max-width:1180px;margin:0 auto;padding:24px clamp(16px,4vw,32px)}
header{padding-bottom:0}
header p{margin:0;color:var(--soft);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase}
h1{margin:0 0 8px;font-size:1.75rem;line-height:1.2;overflow-wrap:anywhere}
header ul{display:flex;flex-wrap:wrap;gap:8px;margin:0;padding:0;list-style:none}
header li{padding:2px 12px;border:1px solid var(--line);border-radius:999px;font-size:.8125rem;color:var(--soft)}
section{margin:0 0 32px}
h2{margin:0 0 12px;font-size:1.125rem;overflow-wrap:anywhere}
h2 small{margin-left:8px;font-weight:400;font-size:.8125rem;color:var(--soft)}
figure{margin:0 0 16px;padding:16px;border:1px solid var(--line);border-radius:12px;background:var(--card)}
figcaption{margin-bottom:12px;font-size:.875rem;color:var(--soft);overflow-wrap:anywhere}
figcaption b{color:var(--ink)}
.pair{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
iframe{display:block;max-width:100%;border:1px solid var(--line);border-radius:8px;background:#fff}
iframe.dark{background:#020617}
.missing{margin:0 0 12px;color:var(--warn);font-size:.875rem}
"""
