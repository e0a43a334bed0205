"""What an installation is told from outside: command-line options, else `ADBANDIT_*` variables, else defaults.

The only reader of the environment. Children of `adbandit up` get the settings as variables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from bandit.errors import BadInput
from bandit.links import Hosts, hosts
from service.store import addresses

PREFIX = "ADBANDIT_"
SECRET_BYTES = 32


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One installation."""

    data: Path  # ADBANDIT_DATA: folder of everything kept on this machine
    redis_url: str = ""  # ADBANDIT_REDIS_URL: empty means the embedded server
    redis_wait: Annotated[int, Meta(ge=0, le=5)] = 0  # ADBANDIT_REDIS_WAIT: replicas that must have what is shipped
    host: str = "127.0.0.1"  # ADBANDIT_HOST: other than loopback only with an admin's API key
    port: Annotated[int, Meta(ge=0, le=65535)] = 0  # ADBANDIT_PORT: 0 means any free one
    workers: Annotated[int, Meta(ge=1, le=64)] = 1  # ADBANDIT_WORKERS: web processes
    secret: str = ""  # ADBANDIT_SECRET: hex; empty means one made on first start, in the data folder
    signing_secrets: str = ""  # ADBANDIT_SIGNING_SECRETS: hex, commas between; the first signs, empty: `secret` does
    link_hosts: str = ""  # ADBANDIT_LINK_HOSTS: where links may lead, commas between; empty: anywhere
    learners: Annotated[int, Meta(ge=0, le=8)] = (
        1  # ADBANDIT_LEARNERS: learner processes; all but one a policy stand by
    )
    keep_snapshot_s: Annotated[float, Meta(ge=1.0)] = 3600.0  # ADBANDIT_KEEP_SNAPSHOT_S: seconds between kept snapshots
    keep_log: bool = False  # ADBANDIT_KEEP_LOG: never trim the log, for audits and tests
    archive_s: Annotated[float, Meta(ge=0.1, le=3600.0)] = 10.0  # ADBANDIT_ARCHIVE_S: seconds between archive files
    commit_s: Annotated[float, Meta(ge=0.01, le=60.0)] = 0.25  # ADBANDIT_COMMIT_S: seconds between model versions
    shed_ms: Annotated[float, Meta(ge=0.0, le=60_000.0)] = 50.0  # ADBANDIT_SHED_MS: longest wait of a decision; 0: any
    outbox_bytes: Annotated[int, Meta(ge=1_000_000)] = 2 * 1024**3  # ADBANDIT_OUTBOX_BYTES: most that waits on disk
    log_entries: Annotated[int, Meta(ge=1_000)] = 10_000_000  # ADBANDIT_LOG_ENTRIES: a policy, then shipping pauses
    profile_days: Annotated[int, Meta(ge=1, le=730)] = 90  # ADBANDIT_PROFILE_DAYS: a user's state is kept so long
    match_s: Annotated[float, Meta(ge=0.0, le=86_400.0)] = 300.0  # ADBANDIT_MATCH_S: between tables of matches; 0: none
    activity_mapping: str = ""  # ADBANDIT_ACTIVITY_MAPPING: YAML file with the shop's own formats of activity
    generator_url: str = ""  # ADBANDIT_GENERATOR_URL: where texts for templates are asked for; empty: nowhere
    forbidden_words: str = ""  # ADBANDIT_FORBIDDEN_WORDS: file of words no generated text may hold, one a line
    log_level: str = "info"  # ADBANDIT_LOG_LEVEL: debug, info, warning, error

    def __post_init__(self) -> None:
        hosts_of(self)
        if self.generator_url and not self.generator_url.startswith(("http://", "https://")):
            raise BadInput("#/settings/generator_url", "link", "a generator is asked by http or https")
        if self.redis_url:
            addresses.parse(self.redis_url)


def for_children(settings: Settings, metrics: Path) -> dict[str, str]:
    """The whole environment of a child process: this one's, with the settings as variables.

    metrics  folder where the processes of this host share their counters
    """
    chosen = {PREFIX + name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}
    return {**os.environ, **chosen, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}


def read(given: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from options given, then variables, then defaults.

    given  by field name; a None is as if not given

    Raises BadInput naming the variable or option and what it may be.

    >>> read({"port": 8080}, {"ADBANDIT_DATA": "shop"}).port
    8080
    """
    variables = os.environ if environment is None else environment
    fields = {field.name: variables.get(PREFIX + field.name.upper()) for field in msgspec.structs.fields(Settings)}
    chosen = {name: value for name, value in fields.items() if value is not None}
    chosen |= {name: str(value) for name, value in given.items() if value is not None}
    chosen.setdefault("data", str(default_data(variables)))
    try:
        return msgspec.convert(chosen, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as fault:
        raise BadInput("#/settings", "bound", str(fault)) from None


def default_data(environment: Mapping[str, str]) -> Path:
    """The user's data folder, by the XDG rules."""
    home = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "adbandit"


def secret(settings: Settings) -> bytes:
    """The installation's secret; made on first use, readable by its owner only.

    Raises BadInput if the one given is not at least 32 bytes in hex, or the one kept is shorter.
    """
    if settings.secret:
        return _from_hex(settings.secret, "secret")
    path = settings.data / "secret.key"
    if not path.exists():
        _make_secret(path)
    kept = path.read_bytes()
    if len(kept) < SECRET_BYTES:
        detail = f"{path} holds {len(kept)} bytes; put back the {SECRET_BYTES} it had, or remove it to make a new one"
        raise BadInput("#/settings/secret", "bound", detail)
    return kept


def given_secrets(settings: Settings) -> tuple[bytes, ...]:
    """Secrets of the environment: the first signs, all are accepted. None where the data folder has them.

    Raises BadInput for one that is not at least 32 bytes in hex.
    """
    if settings.signing_secrets:
        return tuple(_from_hex(one.strip(), "signing_secrets") for one in settings.signing_secrets.split(","))
    return (_from_hex(settings.secret, "secret"),) if settings.secret else ()


def _from_hex(text: str, name: str) -> bytes:
    try:
        given = bytes.fromhex(text)
    except ValueError:
        given = b""
    if len(given) < SECRET_BYTES:
        raise BadInput(f"#/settings/{name}", "bound", f"ADBANDIT_{name.upper()} must be 64 or more hex digits")
    return given


def hosts_of(settings: Settings) -> Hosts:
    """Where links may lead. Raises BadInput for what is no host name."""
    return hosts([name for name in settings.link_hosts.split(",") if name.strip()])


def forbidden_words(settings: Settings) -> tuple[str, ...]:
    """The shop's own words that moderation refuses, besides those shipped. Raises OSError if there is no such file."""
    if not settings.forbidden_words:
        return ()
    lines = Path(settings.forbidden_words).read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _make_secret(path: Path) -> None:
    """Write a secret under another name first: whoever finds it at `path` finds it whole, and only one is made."""
    draft = path.with_name(f"secret.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(os.urandom(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
