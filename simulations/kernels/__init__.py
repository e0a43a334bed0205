"""Compiled loops of worlds and yardsticks, which the service never needs; declared with `bandit.kernels.jit` and under its rules."""
