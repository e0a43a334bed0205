"""What was backed up while all went on is put back whole and learns on to the same bytes, or is not put back at all."""

from __future__ import annotations

import json
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from bandit.archive.files import EVENTS, OUTCOMES, in_order
from bandit.codec import encode
from bandit.errors import AdbanditError
from bandit.join import order
from bandit.records import Decision
from service import embedded, settings
from service.backup.cli import app
from service.backup.making import MANIFEST, NoBackup, back_up
from service.backup.restore import restore
from service.learner.learning import Rhythm
from service.store.commands import Store
from service.verify.verifying import Told, verify
from tests.entries import START_S, event, grown
from tests.hosts import Desk

LOG = grown(11, 260)
CUT = 200  # entries learned when the backup is made
TOLD = Told(scores=False, progress=lambda more: None)
TRANSIENT = {"lease", "fence", "unnamed"}


class Installation(Desk):
    """A desk with a data folder and a server of its own."""

    def __init__(self, data: Path, url: str) -> None:
        super().__init__(url, data / "archive")
        self.settings = settings.Settings(data=data, redis_url=url)


@pytest.fixture
def original(tmp_path: Path, valkey_url: str) -> Iterator[Installation]:
    """Half of a log learned, with decisions open, and a commit behind the last checkpoint."""
    data = tmp_path / "original"
    (data / "archive").mkdir(parents=True)
    (data / "secret.key").write_bytes(bytes(32))
    desk = Installation(data, valkey_url)
    desk.write(LOG[: CUT - 20])
    desk.all_learned(learner := desk.learner())
    desk.write(LOG[CUT - 20 : CUT])
    desk.elapsed += 0.26  # a commit without a checkpoint
    learner.round()
    desk.store._redis.hset("{home}:shipped", "box", 7)
    desk.store.keep("home", 3, "a test")
    yield desk
    desk.store.close()


def backed_up(desk: Installation, name: str = "backup") -> Path:
    to = desk.settings.data.parent / name
    back_up(desk.settings, desk.store, to, START_S, secrets=True)
    return to


def restored(source: Path, data: Path) -> None:
    restore(source, settings.Settings(data=data))


def everything(store: Store) -> dict[bytes, object]:
    """What is in a store, by key, but for what is of use only there."""
    redis, found = store._redis, {}
    read = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"zset": lambda k: redis.zrange(k, 0, -1),
        b"stream": redis.xrange,
    }
    for key in redis.scan_iter():
        if key.decode().rpartition(":")[2] not in TRANSIENT:
            found[key] = read[redis.type(key)](key)
    return found


def archived(data: Path) -> dict[str, bytes]:
    return {str(p.relative_to(data)): p.read_bytes() for p in data.glob("archive/**/*") if p.is_file()}


@pytest.mark.parametrize("name", ["backup", "backup.tar", "backup.tar.gz"])
def test_all_that_was_is_again(original: Installation, tmp_path: Path, name: str) -> None:
    source = backed_up(original, name)
    restored(source, tmp_path / "copy")
    with embedded.start(tmp_path / "copy" / "valkey") as server:
        store = Store(server.url)
        assert everything(store) == everything(original.store)
        store.close()
    assert archived(tmp_path / "copy") == archived(original.settings.data)
    assert (tmp_path / "copy" / "secret.key").read_bytes() == bytes(32)


def test_what_is_restored_learns_on_to_the_same_bytes(original: Installation, tmp_path: Path) -> None:
    restored(backed_up(original), tmp_path / "copy")
    whole = goes_on(original)
    with embedded.start(tmp_path / "copy" / "valkey") as server:
        again = Desk.__new__(Desk)
        again.store, again.archive, again.elapsed = Store(server.url), tmp_path / "copy" / "archive", 0.0
        learned = goes_on(again)
        found = verify(again.store, again.archive, "home", TOLD)
        assert [check.first for check in found.checks if check.name in ("archive", "model", "published")] == [None] * 3
        again.store.close()
    names = ("model", "totals", "learned", "read", "cursor", "counts")
    assert {name: learned[name] for name in names} == {name: whole[name] for name in names}


def goes_on(desk: Desk) -> dict[str, bytes]:
    desk.write(LOG[CUT:])
    desk.store._redis.delete("{home}:lease")
    return desk.all_learned(desk.learner())


def test_a_backup_made_while_a_commit_comes_between_is_of_one_moment(original: Installation, tmp_path: Path) -> None:
    """The learner reads on, archives and trims between two readings of the backup."""
    learner = original.learner(rhythm=Rhythm(0.0, 0.0, keep_log=False))
    real, left = original.store.log, list(LOG[CUT:])

    def log(policy: str, after: str, *, count: int) -> list[object]:
        if left:
            some, left[:] = left[:30], left[30:]
            original.store.log = real  # type: ignore[method-assign]
            original.write(some)
            original.all_learned(learner)
            original.store.log = log  # type: ignore[method-assign, assignment]
        return real(policy, after, count=count)  # type: ignore[return-value]

    original.store.log = log  # type: ignore[method-assign, assignment]
    source = backed_up(original)
    original.store.log = real  # type: ignore[method-assign]
    restored(source, tmp_path / "copy")
    with embedded.start(tmp_path / "copy" / "valkey") as server:
        store = Store(server.url)
        found = verify(store, tmp_path / "copy" / "archive", "home", TOLD)
        store.close()
    assert [str(check.first) for check in found.checks if check.name in ("archive", "model") and check.first] == []


def test_positions_of_outboxes_never_say_more_than_the_log_holds(original: Installation) -> None:
    """Both are read in one step: else a row shipped in between would be lost, or stand twice."""
    last, shipped = original.store.moment("home").last, original.store.moment("home").shipped
    original.store.ship("home", "box", [(8, encode(event("late", 1, START_S)))], after=7)
    moment = original.store.moment("home")
    assert (shipped, moment.shipped) == ({b"box": b"7"}, {b"box": b"8"})
    assert order(moment.last) > order(last)


def test_open_decisions_are_in_it(original: Installation, tmp_path: Path) -> None:
    restored(backed_up(original), tmp_path / "copy")
    with embedded.start(tmp_path / "copy" / "valkey") as server:
        store = Store(server.url)
        entries = store.log("home", "0-0", count=9_999)
        store.close()
    assert entries == original.store.log("home", "0-0", count=9_999)
    waiting = [position for position, entry in LOG[:CUT] if isinstance(entry, Decision)][-1]
    assert waiting in {entry.position for entry in entries}


def test_only_its_owner_can_read_it(original: Installation) -> None:
    source = backed_up(original)
    assert stat.S_IMODE(source.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in source.rglob("*") if p.is_file()} == {0o600}
    assert stat.S_IMODE(backed_up(original, "b.tar").stat().st_mode) == 0o600


def test_secrets_stay_at_home_if_wanted(original: Installation, tmp_path: Path) -> None:
    manifest = back_up(original.settings, original.store, tmp_path / "b", START_S, secrets=False)
    assert manifest.secrets == ()
    assert not (tmp_path / "b" / "secret.key").exists()


@pytest.mark.parametrize(
    "pattern", ["archive/**/outcomes-*", "archive/**/events-*", "policies/*", "catalog/*", "secret.key"]
)
def test_one_flipped_bit_anywhere_and_nothing_is_written(original: Installation, tmp_path: Path, pattern: str) -> None:
    source = backed_up(original)
    path = next(iter(source.glob(pattern)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(NoBackup, match=path.name):
        restored(source, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_a_torn_tar_is_refused(original: Installation, tmp_path: Path, suffix: str) -> None:
    source = backed_up(original, f"backup{suffix}")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(NoBackup):
        restored(source, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


def test_a_tar_with_a_file_of_its_own_is_refused(original: Installation, tmp_path: Path) -> None:
    source = backed_up(original, "backup.tar")
    (tmp_path / "evil").write_text("x")
    with tarfile.open(source, "a") as tar:
        tar.add(tmp_path / "evil", "../evil")
    with pytest.raises(NoBackup, match=r"\.\./evil"):
        restored(source, tmp_path / "copy")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", ""])
def test_a_manifest_that_leads_elsewhere_is_refused(original: Installation, tmp_path: Path, name: str) -> None:
    source = backed_up(original)
    manifest = json.loads((source / MANIFEST).read_text())
    manifest["files"][name] = next(iter(manifest["files"].values()))
    (source / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(NoBackup, match="has no file"):
        restored(source, tmp_path / "copy")


def test_what_is_there_is_never_overwritten(original: Installation, tmp_path: Path) -> None:
    source = backed_up(original)
    with pytest.raises(NoBackup, match="there already"):
        backed_up(original)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(NoBackup, match="not empty"):
        restored(source, tmp_path / "full")
    with pytest.raises(NoBackup, match="has a catalog"):
        restore(source, msgspec.structs.replace(original.settings, data=tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_a_store_of_ones_own_gets_it_all(original: Installation, tmp_path: Path) -> None:
    source, before = backed_up(original), everything(original.store)
    original.store._redis.flushall()
    restore(source, replace(original.settings, data=tmp_path / "copy"))
    assert everything(original.store) == before
    assert not (tmp_path / "copy" / "valkey").exists()


def test_a_policy_in_the_store_is_not_mixed_with_another(original: Installation, tmp_path: Path) -> None:
    source = backed_up(original)
    original.store._redis.flushall()
    original.store.append("home", b"x")
    with pytest.raises(NoBackup, match="'home'"):
        restore(source, replace(original.settings, data=tmp_path / "copy"))
    assert original.store._redis.keys() == [b"{home}:log"]


def test_an_archive_that_is_not_whole_is_not_backed_up(original: Installation) -> None:
    in_order(original.settings.data / "archive" / "policy=home", OUTCOMES)[-1].unlink()
    with pytest.raises(AdbanditError, match="lacks"):
        backed_up(original)
    assert not list(original.settings.data.parent.glob("backup*"))


def test_leftovers_and_what_no_checkpoint_knows_stay_behind(original: Installation) -> None:
    folder = original.settings.data / "archive" / "policy=home"
    known = in_order(folder, EVENTS)[0]
    shutil.copy(known, known.with_name(known.name + ".feed.pending"))
    shutil.copy(known, known.with_name("events-1-0-to-9999999999999_0.parquet"))
    names = {path.name for path in backed_up(original).rglob("*.parquet*")}
    assert known.name in names
    assert not [name for name in names if "pending" in name or "9999999999999" in name]


def _ran(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_commands_say_what_they_did_and_refuse_with_status_2(
    original: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADBANDIT_REDIS_URL", original.settings.redis_url)
    made = _ran("backup", str(tmp_path / "b.tar"), "--data", str(original.settings.data))
    monkeypatch.delenv("ADBANDIT_REDIS_URL")
    put_back = _ran("restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "copy"))
    again = _ran("restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "copy"))
    assert (made.exit_code, put_back.exit_code, again.exit_code) == (0, 0, 2)
    version = int(original.store.snapshot("home")["learned"])
    assert f"home at version {version}" in made.output
    assert "not empty" in again.output
