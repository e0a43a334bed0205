"""Names for the array types that cross module borders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]  # scores, probabilities, weights
Doubles = npt.NDArray[np.float64]  # sums and times
Positions = npt.NDArray[np.uint32]  # places in a table
Flags = npt.NDArray[np.bool_]
Rowed = npt.NDArray[np.int32]  # rows of templates or placements
