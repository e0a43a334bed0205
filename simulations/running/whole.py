"""Files that are there whole or not at all, whenever the writer is stopped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFT = ".draft"  # how the name of a file ends that is not finished


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """A file beside `path`, which takes its place when the block ends well, and is removed when it does not.

    Makes the folder if it is not there. A kill leaves at most the draft.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=DRAFT, dir=path.parent)
    draft = Path(name)
    try:
        yield draft
        os.fchmod(handle, 0o644)  # as any file, where mkstemp would keep it from others
        os.fsync(handle)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
