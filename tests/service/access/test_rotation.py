"""Rotation: a new secret is known everywhere before it signs, and old ones last until they are dropped."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bandit.errors import BadInput, Conflict, Forged
from service.access.rotation import AFTER_S, NAME, PREVIOUS, Rotating, drop_old, in_order, read, rotate
from service.access.signing import RAW_BYTES, DecisionRef, Signer

ROOT = b"r" * 32
REF = DecisionRef("home", b"i" * RAW_BYTES, 1)
NOW_S = 1_800_000_000.0


class Worker:
    def __init__(self, folder: Path, now: float = NOW_S) -> None:
        self.signer = Signer(ROOT)
        self.rotating = Rotating(folder, ROOT, self.signer, now)

    def signs(self) -> str:
        return self.signer.decision_id(REF)

    def takes(self, text: str) -> bool:
        try:
            return self.signer.read_decision_id(text) == REF
        except Forged:
            return False


def test_at_no_moment_does_one_worker_sign_what_another_refuses(tmp_path: Path) -> None:
    quick, slow = Worker(tmp_path), Worker(tmp_path)
    before = quick.signs()
    from_s = rotate(tmp_path, ROOT, os.urandom, NOW_S)
    for now in (NOW_S, NOW_S + 0.2, from_s - 0.01):
        quick.rotating.look(now)
        assert slow.takes(quick.signs()), now
    slow.rotating.look(from_s - 0.01)
    quick.rotating.look(from_s)
    assert quick.signs() != before
    assert slow.takes(quick.signs())
    assert quick.takes(slow.signs()), "what the slow one still signs with the old secret"


def test_old_secrets_are_accepted_until_dropped(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    old = worker.signs()
    rotate(tmp_path, ROOT, os.urandom, NOW_S)
    later = NOW_S + AFTER_S
    worker.rotating.look(later)
    assert worker.takes(old)
    assert drop_old(tmp_path, ROOT, later) == 1
    worker.rotating.look(later)
    assert not worker.takes(old)
    assert Worker(tmp_path, later).takes(worker.signs())


def test_old_secrets_are_not_dropped_before_the_new_one_signs(tmp_path: Path) -> None:
    rotate(tmp_path, ROOT, os.urandom, NOW_S)
    with pytest.raises(Conflict, match="5 s"):
        drop_old(tmp_path, ROOT, NOW_S)


def test_no_more_than_some_previous_secrets_are_accepted(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    oldest = worker.signs()
    for i in range(PREVIOUS + 1):
        assert worker.takes(oldest)
        rotate(tmp_path, ROOT, os.urandom, NOW_S + i * AFTER_S)
        worker.rotating.look(NOW_S + (i + 1) * AFTER_S)
    assert not worker.takes(oldest)
    assert len(read(tmp_path, ROOT)) == PREVIOUS + 1


def test_the_secrets_are_their_owner_s_alone(tmp_path: Path) -> None:
    rotate(tmp_path, ROOT, os.urandom, NOW_S)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b'{"secrets":[]}', b'{"secrets":[{"secret":"","signs_from":0}]}']
)
def test_a_file_damaged_or_gone_brings_no_dropped_secret_back(tmp_path: Path, content: bytes | None) -> None:
    dropped = Worker(tmp_path).signs()
    rotate(tmp_path, ROOT, os.urandom, NOW_S)
    worker = Worker(tmp_path, NOW_S + AFTER_S)
    drop_old(tmp_path, ROOT, NOW_S + AFTER_S)
    worker.rotating.look(NOW_S + AFTER_S)
    own = worker.signs()
    if content is None:
        (tmp_path / NAME).unlink()
    else:
        (tmp_path / NAME).write_bytes(content)
        with pytest.raises(BadInput, match=r"signing\.json"):
            Worker(tmp_path)
    worker.rotating.look(NOW_S + AFTER_S)
    assert (worker.takes(own), worker.takes(dropped)) == (True, False)


def test_a_clock_set_back_signs_with_a_secret_that_is_known(tmp_path: Path) -> None:
    rotate(tmp_path, ROOT, os.urandom, NOW_S)
    secrets = read(tmp_path, ROOT)
    assert in_order(secrets, 0.0)[0] == ROOT
    assert set(in_order(secrets, 0.0)) == set(in_order(secrets, NOW_S + AFTER_S))
