"""The embedded Valkey keeps what it acknowledged, keeps others out and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import redis

from service import embedded
from service.processes import FolderInUse

PARENT = "import sys, signal, pathlib; from service import embedded; \
print(embedded.start(pathlib.Path(sys.argv[1])).pid, flush=True); signal.pause()"


def socket_of(folder: Path) -> Path:
    return Path(unquote(urlsplit(embedded.socket_url(folder)).path))


def deep(folder: Path) -> Path:
    return folder / "a folder, 100 % \"deep\" and 'long'" / ("é" * 60)


def test_an_acknowledged_write_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    killed = embedded.start(tmp_path)
    redis.Redis.from_url(killed.url).xadd("log", {"n": 1})
    os.kill(killed.pid, signal.SIGKILL)
    killed.stop()
    with embedded.start(tmp_path) as server:
        assert redis.Redis.from_url(server.url).xlen("log") == 1


def test_the_server_syncs_every_write_and_never_evicts(valkey_url: str) -> None:
    client = redis.Redis.from_url(valkey_url, decode_responses=True)
    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "save": ""}
    assert client.config_get(*wanted) == wanted


def test_the_server_dies_with_a_killed_parent(
    tmp_path: Path, eventually: Callable[..., None], is_gone: Callable[[int], bool]
) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        server_pid = int(parent.stdout.readline())
        assert not is_gone(server_pid)
        parent.kill()
    eventually(lambda: is_gone(server_pid))


def test_a_second_server_on_the_folder_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    with embedded.start(tmp_path) as first:
        with pytest.raises(FolderInUse, match=f"{tmp_path} is in use by process {first.pid}"):
            embedded.start(tmp_path)
        assert redis.Redis.from_url(first.url).ping()


def test_no_network_port_is_open(valkey_server: embedded.EmbeddedValkey) -> None:
    held = {os.readlink(fd) for fd in Path(f"/proc/{valkey_server.pid}/fd").iterdir()}
    tables = [Path(f"/proc/{valkey_server.pid}/net/{kind}").read_text() for kind in ("tcp", "tcp6", "udp", "udp6")]
    open_inodes = {f"socket:[{line.split()[9]}]" for table in tables for line in table.splitlines()[1:]}
    assert any(name.startswith("socket:") for name in held)
    assert not held & open_inodes


def test_nobody_else_can_reach_the_socket_or_read_what_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with embedded.start(folder):
        entries = [folder, *folder.rglob("*")]
        assert socket_of(folder) in entries
        assert [path for path in entries if path.lstat().st_mode & 0o077] == []


def test_a_folder_too_deep_for_a_socket_works_and_leaves_nothing_outside(tmp_path: Path) -> None:
    folder = deep(tmp_path)
    with embedded.start(folder) as server:
        assert redis.Redis.from_url(server.url).set("key", "value")
        assert socket_of(folder).parent.stat().st_mode & 0o777 == 0o700
    assert not socket_of(folder).parent.exists()


def test_a_socket_folder_someone_else_put_in_the_way_is_refused(tmp_path: Path) -> None:
    folder = deep(tmp_path)
    socket_of(folder).parent.symlink_to(tmp_path)
    try:
        with pytest.raises(embedded.NotStarted, match="is not a folder of user"):
            embedded.start(folder)
    finally:
        socket_of(folder).parent.unlink()


def test_a_server_that_cannot_start_shows_its_last_log_lines(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("damaged\n")
    with pytest.raises(embedded.NotStarted, match=r"(?s)ended with status 1.*manifest"):
        embedded.start(tmp_path)


def test_what_a_killed_rewrite_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "temp-rewriteaof-1.aof"
    left.write_bytes(b"half")
    with embedded.start(tmp_path):
        assert not left.exists()
