"""Writes what docs/promises.md shows of the files in docs/results/promises/: `python -m docs.make_promises`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.chaos.soak import Soak
from tests.chaos.summary import Line, Summary
from tests.fuzz.run import Figures

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
RESULTS = ROOT / "docs" / "results" / "promises"
PRINTED = {"cluster": RESULTS / "failover.txt", "overload": RESULTS / "overload.txt"}  # part of the page -> output
FOLD = (
    "kill -9 at random",
    "kill -9 at a chosen point",
    "SIGSTOP, SIGCONT",
    "SIGSTOP at a chosen point",
    "two learners",
    "clock steps",
)
AWAY = ("Redis fails", "Redis is slow", "Redis refuses writes", "connection cut", "Redis forgets")


def page(text: str) -> str:
    """The page with all that lies between `<!-- name -->` and `<!-- /name -->` made anew."""
    for name, content in parts().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        text = before + begin + content + end + rest.partition(end)[2] if rest else text
    return text


def parts() -> dict[str, str]:
    """What is made of the results on file, by name."""
    run = chaos()
    made = {
        "run": totals(run),
        "fold": table([line for line in run.groups if line.name in FOLD]),
        "away": table([line for line in run.groups if line.name in AWAY]),
        "faults": table(run.faults),
    }
    made |= {name: shown(file) for name, file in PRINTED.items() if file.exists()}
    made |= {"fuzzing": fuzzed()} if (RESULTS / "fuzz.json").exists() else {}
    return made | ({"soak": soak()} if (RESULTS / "soak.json").exists() else {})


def fuzzed() -> str:
    """One line on what was sent."""
    run = msgspec.json.decode((RESULTS / "fuzz.json").read_bytes(), type=Figures)
    return (
        f"{run.minutes:g} minutes ({run.date}, seed {run.seed}): {run.cases:,} requests to {run.operations} "
        f"operations, {run.failures} failures.\n"
    )


def shown(file: Path) -> str:
    """What a command printed."""
    return f"```text\n{file.read_text().rstrip()}\n```\n"


def chaos() -> Summary:
    return msgspec.json.decode((RESULTS / "chaos.json").read_bytes(), type=Summary)


def totals(run: Summary) -> str:
    """One paragraph on the whole run."""
    broken = f"**{len(run.violated)} violated a promise**" if run.violated else "none violated a promise"
    return (
        f"The run shown here ({run.date}, seed {run.seed}, {run.minutes:g} minutes, {run.processors} processors) broke "
        f"{run.services} services in {run.tries} tries while {run.decisions:,} decisions were asked for and "
        f"{run.events:,} events told; {run.unanswered:,} requests died with their connection. Of the tries {broken}.\n"
    )


def table(lines: Sequence[Line]) -> str:
    """A row a fault or group."""
    heading = "| fault | tries | violated | recovery, median s | largest s | without any answer, largest s |\n"
    return heading + "| --- |" + " ---: |" * 5 + "\n" + "".join(map(_row, lines))


def _row(line: Line) -> str:
    recovery = [f"{s:.1f}" if s is not None else "never" for s in (line.recovery_median_s, line.recovery_max_s)]
    return f"| {line.name} | {line.tries} | {line.violated} | {' | '.join(recovery)} | {line.silence_max_s:.2f} |\n"


def soak() -> str:
    """What grew and what did not."""
    run = msgspec.json.decode((RESULTS / "soak.json").read_bytes(), type=Soak)
    used = ", ".join(f"{name} {share:.2f}" for name, share in run.processor.items() if share >= 0.005)
    said = (
        f"{run.minutes:g} minutes at {run.rate:g} decisions/s ({run.date}): {run.decisions:,} decided, "
        f"{run.archived:,} archived, {run.events:,} events, {run.failed} requests failed, p50 {run.p50_ms:.1f} ms, p99 "
        f"{run.p99_ms:.1f} ms. Processors used: {used}. A decision takes {run.bytes_archived_per_decision:.0f} bytes "
        "of archive.\n\n"
    )
    heading = "| | first MB | last MB | largest MB | MB an hour | 95 % interval | |\n| --- |"
    return (
        said
        + heading
        + " ---: |" * 5
        + " --- |\n"
        + "".join(
            f"| {one.name} | {one.first_mb:.1f} | {one.last_mb:.1f} | {one.largest_mb:.1f} | {one.slope_mb_per_h:+.1f} "
            f"| {one.low_mb_per_h:+.1f} to {one.high_mb_per_h:+.1f} | {one.verdict} |\n"
            for one in run.series
        )
    )


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
