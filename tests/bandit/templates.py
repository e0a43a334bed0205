"""HTML that templates may have: some as shops write it, and any that is built of accepted parts."""

from __future__ import annotations

from hypothesis import strategies as st

ACCEPTED = [
    "plain text & more",
    '<a class="note" href="{click_url}">{title}</a>',
    '<a href="{click_url}" rel="sponsored noopener" target="_blank"><img src="{image_url}" alt="{title}"></a>',
    '<div style="color: #fff; background: linear-gradient(90deg, rgba(0,0,0,.5), red) !important">{title}</div>',
    "<p title='{title} &amp; {description}'>{description}<br/>{click_url}</p>",
    '<img src="https://cdn.example/a.png?x=1&amp;y=2" alt="">',
    "<ul>\n<li><b>{title}</b></li>\n<li>{description}</li>\n</ul>",
    "<table><tbody><tr><td>{title}</td></tr></tbody></table>",
    "<figure><figcaption>{title}</figcaption></figure><h2>{description}</h2>",
    '<section aria-label="{title}" role="note" hidden><span lang="de">{description}</span></section>',
    '<a href="{image_url}">{description}</a>',
]

_TEXTS = st.sampled_from(
    ["", "a", "{title}", "{description}", "{click_url}", "{image_url}", "&amp;", "&", "{ti{title}", "&#{title}"]
)
_ATTRIBUTES = st.sampled_from(
    [
        "",
        ' title="{title}"',
        " title='{description}'",
        ' aria-label="a {title} b"',
        ' class="x"',
        ' style="color:red"',
        " hidden",
    ]
)
_TAGS = st.sampled_from(["b", "i", "span", "div", "em", "section", "small", "strong"])


def templates() -> st.SearchStrategy[str]:
    """Accepted HTML with placeholders in every place they may have."""
    leaf = _TEXTS | st.sampled_from(
        ['<img src="{image_url}" alt="{title}">', "<br>", '<a href="{click_url}" title="{title}">{description}</a>',
         "<ul><li>{title}</li></ul>", "<p>{description}</p>", "<table><thead><tr><th>{title}</th></tr></thead></table>"]
    )  # fmt: skip
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            lambda tag, attribute, parts: f"<{tag}{attribute}>{''.join(parts)}</{tag}>",
            _TAGS,
            _ATTRIBUTES,
            st.lists(inner, max_size=4),
        ),
        max_leaves=8,
    )
