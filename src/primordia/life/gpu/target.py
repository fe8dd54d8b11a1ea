"""The one module that knows Numba's CUDA target: nothing else in the house names it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from primordia.core.errors import BadInputError


@functools.cache
def cuda() -> Any:
    """Numba's `cuda` module, that of the package numba-cuda where it is installed, the built-in one otherwise."""
    # numba-cuda still asks for a function that NumPy 2.5 took away, and fails at the first compilation without it.
    if not hasattr(np, "row_stack"):
        np.row_stack = np.vstack  # noqa: NPY201  (defined, not used)
    from numba import cuda as module

    return module


def is_simulated() -> bool:
    """Whether kernels are run by Numba's simulator (NUMBA_ENABLE_CUDASIM=1): Python, slow, needs no card."""
    from numba.core import config

    return bool(config.ENABLE_CUDASIM)


def absent() -> str | None:
    """Why no kernel can run here, in one sentence, or None."""
    try:
        module = cuda()
    except ImportError as error:
        return f"Numba's CUDA target cannot be imported ({error}); pip install 'primordia[gpu]' brings it."
    if is_simulated() or module.is_available():
        return None
    return "No CUDA device and driver were found; soups run on the CPU with the same bits."


def require() -> Any:
    """The `cuda` module, ready to run kernels.

    Raises:
        BadInputError: there is no device.
    """
    if sentence := absent():
        raise BadInputError(sentence)
    return cuda()


def device_function(function: Callable[..., Any], inline: bool = False) -> Any:
    """A function that kernels on the card can call."""
    return cuda().jit(device=True, inline="always" if inline else "never")(function)
