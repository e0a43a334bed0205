"""What a template's own picture and video are like, written among its features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from bandit.catalog import Template
from bandit.creatives.media import measure
from bandit.creatives.video import measure_video
from bandit.errors import BadInput
from bandit.features import Feature

Read = Callable[[str], bytes]  # what a URL leads to; raises BadInput
OURS = ("image.", "video.")  # how names of such features begin


def features(template: Template, read: Read) -> dict[str, Feature]:
    """What can be told of the template's media, by feature name.

    Raises BadInput naming the field whose file is refused.
    """
    creative, found = template.creative, dict[str, Feature]()
    if creative.image_url:
        found |= _of("image_url", creative.image_url, lambda file: measure(file).features(), read)
    if creative.video_url:
        found |= _of("video_url", creative.video_url, lambda file: measure_video(file).features(), read)
    return found


def with_features(template: Template, found: dict[str, Feature]) -> Template:
    """The template with these in place of what was measured before."""
    own = {name: value for name, value in template.features.items() if not name.startswith(OURS)}
    return msgspec.structs.replace(template, features=own | found)


def from_folder(folder: Path, otherwise: Read) -> Read:
    """Reads a file of the folder that is called as the URL's path ends; `otherwise` where there is none."""

    def read(url: str) -> bytes:
        name = Path(urlsplit(url).path).name
        file = folder / name
        return file.read_bytes() if name and file.is_file() else otherwise(url)

    return read


def _of(field: str, url: str, look: Callable[[bytes], dict[str, Feature]], read: Read) -> dict[str, Feature]:
    try:
        return look(read(url))
    except BadInput as fault:
        raise BadInput(f"#/creative/{field}", fault.code, fault.detail) from None
