"""The `adbandit` command."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import urllib3

from bandit.catalog import Catalog
from bandit.errors import BadInput, Conflict
from service import embedded, memory, settings, wiring
from service.access import cli as access_cli
from service.access.gate import may_listen
from service.activity.mappings.declared import declared
from service.catalogs import Catalogs, from_file
from service.processes import FolderInUse, lock_folder
from service.store.commands import Store, StoreAway
from service.supervise import Child, NotReady, Supervisor

app = typer.Typer(no_args_is_help=True, add_completion=False, help="An ad decision service that learns from clicks.")
app.add_typer(access_cli.keys, name="keys")
app.add_typer(access_cli.secret, name="secret")


@app.callback()
def root() -> None:
    """An ad decision service that learns from clicks."""


@app.command()
def up(
    data: Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")] = None,
    catalog: Annotated[Path | None, typer.Option(help="YAML or JSON file to put in force.")] = None,
    port: Annotated[int | None, typer.Option(help="Default: any free port.")] = None,
    host: Annotated[str | None, typer.Option(help="Other than loopback only with an admin's API key.")] = None,
    workers: Annotated[int | None, typer.Option(help="Web processes.")] = None,
    learners: Annotated[int | None, typer.Option(help="Learner processes; all but one stand by.")] = None,
    redis_url: Annotated[str | None, typer.Option(help="A Redis or Valkey to use instead of the embedded one.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Written with url and pid once ready.")] = None,
) -> None:
    """Start the service and keep it running until Ctrl-C."""
    given = {"data": data, "port": port, "host": host, "workers": workers, "learners": learners, "redis_url": redis_url}
    try:
        chosen = settings.read(given)
        wanted = from_file(catalog, settings.hosts_of(chosen)) if catalog else None
        declared(chosen.activity_mapping)  # the workers read it: what is wrong with it is said here
        lock_folder(chosen.data)
        may_listen(chosen.host, chosen.data)
        chosen = msgspec.structs.replace(chosen, port=_free_port(chosen.host, chosen.port))
        settings.secret(chosen)
        _run(chosen, wanted, ready_file)
    except (BadInput, Conflict, FolderInUse, NotReady, OSError) as fault:
        typer.echo(f"adbandit: {fault}", err=True)
        raise typer.Exit(2) from None


def main() -> None:
    """The command, with what installed packages add to it unless one of its own is called: `up` is to start quickly."""
    own = {command.callback.__name__ for command in app.registered_commands if command.callback}
    own.update(str(group.name) for group in app.registered_groups)
    if not own.intersection(sys.argv[1:2]):
        for found in entry_points(group="adbandit.commands"):
            app.registered_commands += found.load().registered_commands
            app.registered_groups += found.load().registered_groups
    app()


def _run(chosen: settings.Settings, wanted: Catalog | None, ready_file: Path | None) -> None:
    wiring.say(chosen)
    url = _url(chosen)

    def announce() -> None:
        if ready_file:
            draft = ready_file.with_suffix(".draft")
            draft.write_bytes(msgspec.json.encode({"url": url, "pid": os.getpid()}))
            draft.replace(ready_file)
        typer.echo(f"adbandit is up: {url}   (data in {chosen.data}; Ctrl-C stops it)")

    try:
        Supervisor(_children(chosen, wanted), clock=wiring.elapsed).run(on_ready=announce)
    finally:
        memory.remove_folder(chosen.data / "metrics")
    if not chosen.redis_url:
        embedded.remove_socket(chosen.data / "valkey")


def _children(chosen: settings.Settings, wanted: Catalog | None) -> list[Child]:
    """The processes of one host, in the order they are started."""
    memory.make_folder(chosen.data / "metrics")
    environment = settings.for_children(chosen, chosen.data / "metrics")

    def python(name: str, *words: str, ready: Callable[[], bool] | None = None) -> Child:
        return Child(name=name, argv=[sys.executable, "-m", *words], env=environment, ready=ready)

    own = [] if chosen.redis_url else [_valkey(chosen.data / "valkey")]
    return [
        *own,
        python("shipper", "service.run", "shipper", ready=lambda: _in_force(chosen, wanted)),
        *(python(f"learner-{number}", "service.run", "learner") for number in range(chosen.learners)),
        python("bookkeeper", "service.run", "bookkeeper"),
        python("web", "service.web.serve", ready=lambda: _answers(chosen)),
    ]


def _valkey(folder: Path) -> Child:
    return Child(
        name="valkey",
        argv=embedded.command(folder),
        ready=lambda: embedded.is_ready(folder),
        last_words=lambda: embedded.last_log_lines(folder),
    )


def _in_force(chosen: settings.Settings, wanted: Catalog | None) -> bool:
    """Put the wanted catalog in force, once the store answers."""
    store = Store(wiring.redis_url(chosen), replicas=chosen.redis_wait)
    try:
        if wanted is not None:
            Catalogs(store).replace_if_other(wanted)
        store.ping()
    except StoreAway:
        return False
    finally:
        store.close()
    return True


def _answers(chosen: settings.Settings) -> bool:
    """Whether a web worker can decide."""
    try:
        answer = urllib3.request("GET", f"{_url(chosen)}/readyz", timeout=0.5, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200


def _free_port(host: str, wanted: int) -> int:
    """The port wanted, or any free one for 0.

    Raises OSError if it is taken: the web server itself would share it with whoever has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what closed connections left may linger
        try:
            probe.bind((host, wanted))
        except OSError as fault:
            raise OSError(f"port {wanted} on {host} cannot be used: {fault.strerror}") from None
        return int(probe.getsockname()[1])


def _url(chosen: settings.Settings) -> str:
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    return f"http://{host}:{chosen.port}"


if __name__ == "__main__":
    main()
