"""What tests of every room share: a real Valkey, and waiting for a condition instead of sleeping."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, settings

from service import embedded

# The same examples on every run, and no verdict that depends on how busy the machine is.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedValkey]:
    """The server all tests share. Only `valkey_url` promises that it is empty."""
    with embedded.start(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: embedded.EmbeddedValkey) -> str:
    """URL of a Valkey that is empty when the test begins."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """`eventually(claim, within_s=5.0)` returns once `claim()` is true; fails the test if it stays false."""

    def wait(claim: Callable[[], object], within_s: float = 5.0) -> None:
        give_up_at = time.monotonic() + within_s
        while not claim():
            assert time.monotonic() < give_up_at, f"still not true after {within_s} s"
            time.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def is_gone() -> Callable[[int], bool]:
    """`is_gone(pid)`: whether the process has ended, reaped or not."""

    def look(pid: int) -> bool:
        try:
            after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return after_name.split()[0] in "ZX"

    return look
