"""What the engine's tests share."""

import pytest

from bandit.kernels.warm import compile_all


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """So that no test is slow for compiling."""
    compile_all()
