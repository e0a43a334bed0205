"""The one set of compiler options, and the argument types kernels are declared with.

cache=True     compiled once a machine, so a process starts in milliseconds
nogil=True     a scoring thread never holds up the others
fastmath off   it breaks NaN checks and makes sums depend on the processor
signatures     are written out: a kernel is compiled when its module is imported, never inside a request, and
               a wrong dtype is a TypeError there and then, not a slow second compilation

Input arrays are declared read-only and C-contiguous, which accepts writable ones too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

HERE = Path(__file__).parent
Function = TypeVar("Function", bound=Callable[..., Any])


def readonly(dtype: Any, dimensions: int = 1) -> Any:
    """Type of an input array."""
    return numba.types.Array(dtype, dimensions, "C", readonly=True)


def triple(first: Any, second: Any, third: Any) -> Any:
    """Type of three results."""
    return numba.types.Tuple((first, second, third))  # type: ignore[no-untyped-call]


def quadruple(first: Any, second: Any, third: Any, fourth: Any) -> Any:
    """Type of four results."""
    return numba.types.Tuple((first, second, third, fourth))  # type: ignore[no-untyped-call]


uint8, uint32, uint64, int32, int64 = numba.uint8, numba.uint32, numba.uint64, numba.int32, numba.int64
float32, float64, boolean = numba.float32, numba.float64, numba.boolean
U8, U8_TABLE, I32, U32 = readonly(uint8), readonly(uint8, 2), readonly(int32), readonly(uint32)
F32, F64, I64, U64_TABLE = readonly(float32), readonly(float64), readonly(int64), readonly(uint64, 2)
U8_OUT, I64_OUT = uint8[::1], int64[::1]
U32_OUT, I32_OUT, F32_OUT, F64_OUT = uint32[::1], int32[::1], float32[::1], float64[::1]
U64_OUT = uint64[::1]


def _forget_stale() -> None:
    """Drop what was compiled before the newest change here: Numba looks at a kernel's own file alone."""
    newest = max(path.stat().st_mtime for path in HERE.glob("*.py"))
    for compiled in HERE.glob("__pycache__/*.nbi"):
        if compiled.stat().st_mtime < newest:
            compiled.unlink(missing_ok=True)


_forget_stale()


def kernel(result: Any, *arguments: Any) -> Callable[[Function], Function]:
    """Compile a function for exactly these types."""

    def compiled(function: Function) -> Function:
        dispatcher: Any = numba.njit(result(*arguments), cache=True, nogil=True, fastmath=False)(function)
        return cast(Function, dispatcher)

    return compiled


def inner(function: Function) -> Function:
    """Compile a function that kernels call."""
    dispatcher: Any = numba.njit(cache=True, nogil=True, fastmath=False)(function)
    return cast(Function, dispatcher)
