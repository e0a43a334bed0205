"""The workers that `adbandit up` starts: `python -m service.run <name>`, settings from the environment."""

from __future__ import annotations

import sys

from service import settings, wiring

WORKERS = {
    "shipper": wiring.run_shipper,
    "learner": wiring.run_learner,
    "bookkeeper": wiring.run_bookkeeper,
    "matcher": wiring.run_matcher,
}


def main(name: str) -> None:
    """Run one worker until told to stop."""
    chosen = settings.read({})
    wiring.say(chosen)
    WORKERS[name](chosen)


if __name__ == "__main__":
    main(sys.argv[1])
