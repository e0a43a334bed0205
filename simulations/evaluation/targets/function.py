"""A Python function as a target policy."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from simulations.evaluation.targets.base import SUM_OFF, normalised
from simulations.logs.base import Batch, Log

Function = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], Sequence[float]]


class Called:
    """A function of what was known of the request and of its candidates.

    It is given the context and a list of k candidates, each a mapping with its name as `action`, and gives k
    probabilities.
    """

    def __init__(self, function: Function, name: str | None = None) -> None:
        self.name: str = name or str(getattr(function, "__name__", "function"))
        self._function = function
        self._log: Log | None = None

    def asking(self, log: Log) -> Called:
        """See `Target`."""
        begun = Called(self._function, self.name)
        begun._log = log
        return begun

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`. Raises BadInput with the row where the function fails, or gives no probabilities."""
        assert self._log is not None
        given = [self._of(batch.first + row, *asked[:2]) for row, asked in enumerate(self._log.asked(batch))]
        return normalised(np.concatenate(given), batch, "target", SUM_OFF)

    def known(self, batch: Batch) -> None:
        """See `Asking`."""

    def _of(self, row: int, context: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> Doubles:
        try:
            given = np.asarray(self._function(context, candidates), np.float64)
        except Exception as fault:  # whatever a stranger's function may raise
            detail = f"{self.name} failed: {type(fault).__name__}: {fault}"
            raise BadInput(f"#/rows/{row}/target", "type", detail) from fault
        if given.shape != (len(candidates),):
            detail = f"{self.name} gave {given.size} numbers for {len(candidates)} candidates"
            raise BadInput(f"#/rows/{row}/target", "bound", detail)
        return given


def called(path: str) -> Called:
    """The function of `module:function`; modules of the working folder are found, too.

    Raises BadInput if there is none.
    """
    module, _, name = path.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as fault:
        raise BadInput("#/target", "unknown", f"{path} cannot be had: {fault}") from None
    if not callable(function):
        raise BadInput("#/target", "type", f"{path} is no function")
    return Called(function, path)
