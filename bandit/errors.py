"""What can go wrong, and what is done about it.

    AdbanditError
    ├── BadInput          the caller's value breaks a stated bound      -> HTTP 422, nothing is written
    ├── Forged            an id or token whose MAC does not hold        -> HTTP 404, nothing is written
    ├── Conflict          the change contradicts what is stored         -> HTTP 409 or 412
    ├── Damaged           a stored entry whose checksum or schema fails -> set aside and counted
    └── SnapshotRefused   a model that must not be served               -> the old model stays
        └── OtherLearning made for another `learning` config            -> the same, until the right one comes

What is expected is a value, not an error: no eligible ad, a duplicate event, an event that comes too late.
"""

from __future__ import annotations


class AdbanditError(Exception):
    """Root of every error this package raises on purpose."""


class BadInput(AdbanditError):
    """A value outside its stated bound.

    pointer  JSON pointer to the value, e.g. `#/context/hour`
    code     what kind of fault, one word: type, bound, unknown, unresolved, duplicate
    detail   what was given and what was wanted, one sentence
    """

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.code = code
        self.detail = detail


class Forged(AdbanditError):
    """An id or token that this installation did not sign."""


class Conflict(AdbanditError):
    """A change that contradicts what is stored."""


class Damaged(AdbanditError):
    """A stored entry that no longer says what was written."""


class SnapshotRefused(AdbanditError):
    """A model that does not load, fails its checksum or holds a number that is not finite."""


class OtherLearning(SnapshotRefused):
    """A model made for another `learning` config than the catalog in force asks for."""
