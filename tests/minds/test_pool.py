"""LAPACK calls that run at the same time do not wait for each other for ever, on two cores either."""

import os
import subprocess
import sys

import pytest

BOTH_AT_ONCE = """
import primordia.minds
import jax, jax.numpy as jnp

@jax.jit
def both(a, b):
    return jnp.linalg.eigvalsh(a).sum(), jnp.linalg.solve(b, b[..., :1]).sum()

a, b = (x @ jnp.swapaxes(x, -1, -2) + jnp.eye(32) for x in jax.random.normal(jax.random.key(0), (2, 4, 64, 32, 32)))
for _ in range(100):
    jax.block_until_ready(both(a, b))
print("done")
"""


@pytest.mark.thorough
def test_two_lapack_calls_at_a_time_come_to_an_end():
    # Within 50 calls and a few seconds it hung for ever with a pool of two threads.
    environment = {name: value for name, value in os.environ.items() if name != "NPROC"}
    done = subprocess.run(
        [sys.executable, "-c", BOTH_AT_ONCE], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "done\n"


def test_a_pool_that_was_asked_for_is_kept():
    program = "import primordia.minds, os; print(os.environ['NPROC'])"
    for asked, expected in (("1", "1"), ("7", "7")):
        environment = {**os.environ, "NPROC": asked}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
