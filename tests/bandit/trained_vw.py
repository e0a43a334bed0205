"""Stock Vowpal Wabbit trained on a dsjson file by its own command line. Only files made by tests get here."""

import hashlib
from pathlib import Path

from vowpal_wabbit_next import run_cli_driver

from bandit.arrays import Floats
from bandit.config import Learning, vw_arguments
from bandit.model import HEADER, MAGIC, Model


def trained(file: Path, learning: Learning) -> Floats:
    """The weights [2**bits] of the model that `vw --dsjson` saves."""
    saved = file.with_suffix(".vw")
    run_cli_driver(["--dsjson", *vw_arguments(learning), "-d", str(file), "-f", str(saved)])
    ours = HEADER.pack(MAGIC, 0, 0, 0.0, 0) + saved.read_bytes()
    return Model.load(ours, hashlib.sha256(ours).hexdigest(), learning).weights()
