"""Compiled loops of worlds and yardsticks, which the service never needs; under the rules of `bandit.kernels.jit`."""
