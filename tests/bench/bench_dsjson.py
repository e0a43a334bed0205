"""Lines a second of the log as dsjson, ours and VW's: `python -m tests.bench.bench_dsjson`. Prints; asserts nothing.

Twenty candidates of eight features, ten features of context, one click in thirty. Times are of the processor, so that
other work on the machine counts less.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
from vowpal_wabbit_next import DSJsonFormatParser, Workspace, run_cli_driver

from bandit.archive.archived import Archived
from bandit.catalog import Catalog, Placement, Template, checked
from bandit.config import Learning, Policy, Replay, vw_arguments
from bandit.dsjson.read import Reader
from bandit.dsjson.write import Writer
from bandit.records import Decision, Outcome, Round, packed
from bandit.shelf import Shelf, lay_out
from service.archive.files import Archive
from service.archive.importing import import_dsjson
from tests.bench.bench_engine import CONTEXT

N = 20_000  # lines
K = 20
START_S = 1_700_000_000.0


def shop() -> tuple[Catalog, Shelf]:
    """Five templates of five features in four placements of three."""
    policy = Policy(id="home", learning=Learning(replay=Replay(depth=0)))
    features = [{f"f{j}": f"v{(i * j) % 7}" for j in range(4)} for i in range(5)]
    templates = tuple(Template(id=f"t{i}", features=each) for i, each in enumerate(features))
    placements = tuple(Placement(id=f"p{i}", features={"height": i + 0.5, "side": "left"}) for i in range(4))
    catalog = checked(Catalog(version=1, policies=(policy,), placements=placements, templates=templates))
    return catalog, lay_out(catalog, policy)


def outcomes() -> list[Outcome]:
    """Decisions a second apart."""
    rng = np.random.default_rng(1)
    everything = packed(np.arange(K, dtype=np.uint32))
    found = []
    for number in range(N):
        shares = (rng.dirichlet(np.ones(K)) * 0.8 + 0.01).astype("<f4").tobytes()
        made = Decision(
            id=number.to_bytes(16, "big"),
            time=START_S + number,
            user=b"",
            consent=True,
            arm=0,
            catalog_version=1,
            model_version=number,
            context=CONTEXT | {"hour": number % 24},
            rounds=(Round(everything, shares, int(rng.integers(K))),),
            excluded={},
        )
        found.append(Outcome(f"{int(made.time * 1000)}-0", made, (), (float(number % 30 == 0),)))
    return found


def timed(what: str, call: Callable[[], object], rounds: int = 3) -> None:
    """Print the best of several rounds."""
    took = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        took.append(time.process_time() - start)
    print(f"{what:58}{N / min(took):10,.0f} lines/s{min(took) / N * 1e6:9.1f} us")


def prepared(folder: Path) -> tuple[Shelf, list[Outcome], Path, Path]:
    """The shop, its outcomes, an archive that holds them and a file that lists them."""
    catalog, shelf = shop()
    made, archive, file = outcomes(), folder / "archive", folder / "log.dsjson"
    own = Archive(archive, "home")
    own.keep_catalog(catalog)
    for outcome in made:
        own.add_outcome(outcome, shelf)
    own.write()
    own.publish()
    file.write_bytes(b"".join(line + b"\n" for line in written(made, shelf)))
    return shelf, made, archive, file


def written(made: Iterable[Outcome], shelf: Shelf) -> Iterator[bytes]:
    """The lines of outcomes."""
    writer = Writer(shelf.policy.learning)
    return (line for outcome in made for line in writer.lines(outcome, shelf))


def export(archive: Path, out: Path) -> None:
    """As the command does it."""
    found = Archived(archive, "home")
    with out.open("wb") as sink:
        sink.writelines(line + b"\n" for line in written(found.outcomes(), found.shelf(1)))


def read(lines: list[bytes]) -> None:
    """Every line, kept nowhere."""
    reader = Reader()
    for number, line in enumerate(lines, 1):
        reader.read(number, line)


def vw_read(texts: list[str]) -> None:
    """Every line through VW's parser, from Python."""
    parser = DSJsonFormatParser(Workspace(vw_arguments(Learning())))
    for text in texts:
        parser.parse_json(text)


def vw_learn(file: Path) -> None:
    """The file through VW's own command, in one thread."""
    run_cli_driver(["--dsjson", *vw_arguments(Learning()), "-d", str(file)], onethread=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shelf, made, archive, file = prepared(folder)
        lines = file.read_bytes().splitlines()
        texts = [line.decode() for line in lines]
        targets = (folder / f"imported-{i}" for i in count())
        print(f"{N:,} lines of {file.stat().st_size / N:,.0f} bytes")
        timed("write: outcomes in memory to lines", lambda: sum(map(len, written(made, shelf))))
        timed("export: archive to file", lambda: export(archive, folder / "again.dsjson"))
        timed("read: lines to outcomes", lambda: read(lines))
        timed("import: file to archive", lambda: import_dsjson(file, next(targets), "home", id))
        timed("VW's parser on the lines, from Python", lambda: vw_read(texts))
        timed("vw --dsjson, reads and learns", lambda: vw_learn(file))


if __name__ == "__main__":
    main()
