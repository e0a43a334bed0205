"""What the engine's tests share."""

import pytest
from hypothesis import HealthCheck, settings

from bandit.kernels.warm import compile_all

# The same examples on every run, and no verdict that depends on how busy the machine is.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels() -> None:
    """So that no test is slow for compiling."""
    compile_all()
