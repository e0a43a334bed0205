"""Compiled loops of worlds and yardsticks, which the service never needs; under the same rules as `bandit.kernels`."""
