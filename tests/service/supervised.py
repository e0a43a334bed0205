"""Runs a supervisor over the children given as JSON. Tests read what it logs, one JSON object a line.

python supervised.py FOLDER READY_WITHIN_S '[{"name": ..., "argv": [...], "ready_file": null}]'
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import structlog

from service import embedded
from service.processes import FolderInUse, lock_folder
from service.supervise import Child, NotReady, Supervisor


def child(spec: dict[str, Any], folder: Path) -> Child:
    if spec["name"] == "valkey":
        return Child(
            name="valkey",
            argv=embedded.command(folder / "valkey"),
            ready=lambda: embedded.is_ready(folder / "valkey"),
        )
    ready_file = spec.get("ready_file")
    ready = (folder / ready_file).exists if ready_file else None
    return Child(name=spec["name"], argv=spec["argv"], ready=ready, last_words=lambda: "its last words")


def main(folder: Path, ready_within_s: float, specs: list[dict[str, Any]]) -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    lock_folder(folder)
    children = [child(spec, folder) for spec in specs]
    supervisor = Supervisor(children, clock=time.monotonic, ready_within_s=ready_within_s)
    supervisor.run(on_ready=lambda: structlog.get_logger().info("all_ready"))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), float(sys.argv[2]), json.loads(sys.argv[3]))
    except (FolderInUse, NotReady) as error:
        sys.exit(str(error))
