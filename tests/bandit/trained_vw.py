"""Stock Vowpal Wabbit trained on a dsjson file by its own command line. Only files made by tests get here."""

from pathlib import Path

import numpy as np
from vowpal_wabbit_next import Workspace, run_cli_driver

from bandit.config import Learning, vw_arguments


def trained(file: Path, learning: Learning) -> np.ndarray:
    """The weights [2**bits] that `vw --dsjson` ends with."""
    model = file.with_suffix(".vw")
    run_cli_driver(["--dsjson", *vw_arguments(learning), "-d", str(file), "-f", str(model)])
    return np.array(Workspace(vw_arguments(learning), model_data=model.read_bytes()).weights()[:, 0, 0])
