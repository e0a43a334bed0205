"""Break everything, over and over: `python -m tests.chaos.run --minutes 10 --seed 1 [--json FILE] [--only WORD]`

All faults of `tests/chaos/faults.py` in a new order each round, several on one service before the next is started, two
services at a time; the first round is finished whatever the minutes. Exit status 0 only if no promise was violated and
each fault was tried.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from rich.console import Console

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.summary import Summary, Violated, lines, table
from tests.chaos.trial import Trial

LANES = 2  # services at a time; more would only wait for the processors
TOGETHER = 8  # faults a service is put through


class Session(NamedTuple):
    """What one service is put through."""

    seed: int
    redis: Literal["own", "embedded"]
    faults: Sequence[Fault]
    first: bool  # of the first round, which is finished however long it takes

    def command(self, faults: Sequence[str]) -> list[str]:
        words = ["-m", "tests.chaos.lane", "--seed", str(self.seed), "--redis", self.redis]
        return [*words, "--faults", ";".join(faults)]


def sessions(seed: int, faults: Sequence[Fault]) -> Iterator[Session]:
    """Without end; each round has each fault once."""
    chance = random.Random(seed)
    number = 1_000 * seed
    for turn in count():
        kinds: dict[Literal["own", "embedded"], list[Fault]] = {"own": [], "embedded": []}
        for fault in chance.sample(faults, len(faults)):
            kinds[chance.choice(("own", "embedded")) if fault.needs == "either" else fault.needs].append(fault)
        some = [(kind, part[i : i + TOGETHER]) for kind, part in kinds.items() for i in range(0, len(part), TOGETHER)]
        for kind, together in chance.sample(some, len(some)):
            number += 1
            yield Session(number, kind, together, first=turn == 0)


class Run:
    """Trials so far, of all lanes."""

    def __init__(self, seed: int, minutes: float, faults: Sequence[Fault], console: Console) -> None:
        self._seed, self._minutes, self._faults, self._console = seed, minutes, faults, console
        self._sessions = sessions(seed, faults)
        self._lock = threading.Lock()
        self._until = time.monotonic() + 60.0 * minutes
        self.trials: list[Trial] = []
        self.violated: list[Violated] = []
        self.services = 0

    def run(self) -> None:
        lanes = [threading.Thread(target=self._lane) for _ in range(LANES)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()

    @property
    def untried(self) -> list[str]:
        tried = {trial.fault for trial in self.trials}
        return [fault.name for fault in self._faults if fault.name not in tried]

    def _lane(self) -> None:
        while True:
            with self._lock:
                session = next(self._sessions)
                if time.monotonic() > self._until and not session.first:
                    return
                self.services += 1
            self._put_through(session)

    def _put_through(self, session: Session) -> None:
        words = session.command([fault.name for fault in session.faults])
        words += [] if session.first else ["--until", str(self._until)]
        done = []
        with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stderr
            complaints: list[bytes] = []
            reader = threading.Thread(target=lambda: complaints.append(process.stderr.read()))  # type: ignore[union-attr]
            reader.start()
            for line in process.stdout:
                trial = msgspec.json.decode(line, type=Trial)
                done.append(trial.fault)
                self._note(trial, session, done)
            reader.join()
        if process.returncode:
            last = complaints[0].decode(errors="replace").strip().splitlines()[-3:]
            fault = session.faults[min(len(done), len(session.faults) - 1)].name
            self._violation(session, [*done, fault], [f"the harness itself ended with {process.returncode}: {last}"])

    def _note(self, trial: Trial, session: Session, done: Sequence[str]) -> None:
        with self._lock:
            self.trials.append(trial)
        found = f"[red]{len(trial.violations)} violations" if trial.violations else "[green]whole"
        recovered = f"recovered in {trial.recovery_s:.1f} s" if trial.recovery_s is not None else "not recovered"
        self._console.print(
            f"{len(self.trials):4d}  {trial.fault:<52} {found}[/]  {recovered}, silent {trial.silence_s:.2f} s",
            soft_wrap=True,
        )
        if trial.violations:
            self._violation(session, done, trial.violations)

    def _violation(self, session: Session, done: Sequence[str], differences: list[str]) -> None:
        command = (
            f'python -m tests.chaos.lane --seed {session.seed} --redis {session.redis} --faults "{";".join(done)}"'
        )
        with self._lock:
            self.violated.append(Violated(done[-1], command, differences))
        for difference in differences:
            self._console.print(f"      [red]{difference}", highlight=False, soft_wrap=True)
        self._console.print(f"      {command}", highlight=False, soft_wrap=True)

    def summary(self) -> Summary:
        return Summary(
            date=time.strftime("%Y-%m-%d"),
            seed=self._seed,
            minutes=self._minutes,
            processors=os.cpu_count() or 0,
            services=self.services,
            tries=len(self.trials),
            decisions=sum(trial.decisions for trial in self.trials),
            events=sum(trial.events for trial in self.trials),
            unanswered=sum(trial.unanswered for trial in self.trials),
            faults=lines(self.trials, by_group=False),
            groups=lines(self.trials, by_group=True),
            violated=self.violated,
        )


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=10.0)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--json", type=Path)
    words.add_argument("--only", default="", help="only faults whose name or group has this in it")
    chosen = words.parse_args()
    faults = [fault for fault in FAULTS if chosen.only in fault.name or chosen.only in fault.group]
    console = Console()
    run = Run(chosen.seed, chosen.minutes, faults, console)
    run.run()
    summary = run.summary()
    title = f"{summary.tries} tries, {summary.decisions:,} decisions and {summary.events:,} events"
    console.print(table(run.trials, title))
    for one in run.violated:
        console.print(
            f"[red]violated[/] {one.fault}: {one.command}\n  " + "\n  ".join(one.differences), highlight=False
        )
    if run.untried:
        console.print(f"[yellow]not tried, for lack of time: {', '.join(run.untried)}")
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n")
    return 1 if run.violated or run.untried else 0


if __name__ == "__main__":
    sys.exit(main())
