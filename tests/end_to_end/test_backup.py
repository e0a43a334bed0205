"""A backup made under load starts as a service of its own, knows the ids of before, and can be verified to the bit."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually

PAUSE_S = 0.02  # between two requests


def _adbandit(*words: str) -> str:
    """What a command says. Fails unless its status is 0."""
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _shops(service: Running, decided: list[Json], stop: threading.Event) -> None:
    """Ask and click until stopped, as often as can be learned again quickly."""
    while not stop.is_set():
        answer = service.decide(
            policy="home", user={"key": f"u{len(decided) % 50}"}, context={"hour": len(decided) % 24}
        )
        service.tell({"id": f"c{len(decided)}", "type": "click", "decision_id": answer["decision_id"]})
        decided.append(answer)
        stop.wait(PAUSE_S)


def test_a_backup_under_load_becomes_a_service_that_verifies(tmp_path: Path) -> None:
    name = "backup.tar.gz"
    service = Running(tmp_path / "data", CATALOG, ADBANDIT_ARCHIVE_S="0.3", ADBANDIT_COMMIT_S="0.05")
    decided: list[Json] = []
    stop = threading.Event()
    thread = threading.Thread(target=_shops, args=(service, decided, stop))
    thread.start()
    try:
        eventually(lambda: service.report("home")["learned"] > 100)
        made = _adbandit("backup", str(tmp_path / name), "--data", str(service.data))
        assert "all holds" in _adbandit("verify", "--data", str(service.data))
    finally:
        stop.set()
        thread.join()
        service.stop()
    assert "home at version" in made
    _adbandit("restore", str(tmp_path / name), "--data", str(tmp_path / "copy"))
    assert "all holds" in _adbandit("verify", "--data", str(tmp_path / "copy"))
    _goes_on(Running(tmp_path / "copy", ADBANDIT_ARCHIVE_S="0.3"), decided[0])


def _goes_on(again: Running, before: Json) -> None:
    """before  what the service of the backup had answered first"""
    try:
        learned = again.report("home")["learned"]
        told = again.tell({"id": "late", "type": "click", "decision_id": before["decision_id"]})
        assert (told["accepted"], told["rejected"]) == (1, [])
        for i in range(40):
            again.decide(policy="home", user={"key": f"n{i}"})
        eventually(lambda: again.report("home")["learned"] > learned and again.report("home")["open"] == 0)
        assert "all holds" in _adbandit("verify", "--data", str(again.data))
    finally:
        again.stop()
