"""The check that every layer owes, as a test calls it."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from primordia.minds.layers import checks, table
from primordia.minds.layers.entry import LayerSizes

WIDTH = 12

TOLERANCE = checks.TOLERANCE

LATER = ("no_documents_is_no_reset", "gradients_agree")
"""Checks that compile what the others do not need; slow tests run them."""


def assert_close(found, wanted, what, tolerance=TOLERANCE):
    """Arrays agree relative to the largest number that is wanted."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert np.isfinite(wanted).all(), what
    scale = max(1e-3, float(np.abs(wanted).max()))
    assert np.abs(found - wanted).max() <= tolerance * scale, (what, np.abs(found - wanted).max() / scale)


def assert_faces_agree(mixer, width, **settings):
    """The checks of `checks.faces` that every test run can pay for."""
    for check in checks.faces(mixer, width, **settings):
        if check.name not in LATER:
            check.run()


@functools.cache
def layer(name):
    """A layer of the table, with weights that cost no compilation."""
    sizes = LayerSizes(WIDTH, n_heads=2, d_key=6, longest=32, window=4)
    return filled(lambda: table.build(name, jax.random.key(0), sizes))


def filled(make):
    """What `make` makes with weights drawn by NumPy, which compiles nothing, and gates not all near their beginning."""
    generator = np.random.default_rng(0)

    def drawn(leaf):
        spread = leaf.shape[0] ** -0.5 if leaf.ndim > 1 else 0.3
        centre = 0.0 if leaf.ndim > 1 else 1.0
        return jnp.asarray(centre + spread * generator.normal(size=leaf.shape), leaf.dtype)

    return jax.tree.map(drawn, eqx.filter_eval_shape(make))
