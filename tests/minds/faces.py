"""The check that every layer owes: three faces agree, wherever a stretch is split and wherever documents begin."""

import jax
import jax.numpy as jnp
import numpy as np

TOLERANCE = 1e-5
"""Relative to the largest output, in 32 bits."""


def assert_close(found, wanted, what, tolerance=TOLERANCE):
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert np.isfinite(wanted).all(), what
    scale = max(1e-3, float(np.abs(wanted).max()))
    assert np.abs(found - wanted).max() <= tolerance * scale, (what, np.abs(found - wanted).max() / scale)


def assert_faces_agree(mixer, width, n_batch=2, n_time=23, chunk=5, tolerance=TOLERANCE, seed=0):
    """Parallel, chunkwise and steps give one output and state; so does every split, and every packed document."""
    from primordia.minds.layers.mixer import stepwise

    key_x, key_reset = jax.random.split(jax.random.key(seed))
    x = jax.random.normal(key_x, (n_batch, n_time, width))
    documents = jax.random.bernoulli(key_reset, 0.15, (n_batch, n_time))
    parallel = jax.jit(lambda x, state, reset: mixer.parallel(x, state, reset))
    chunked = jax.jit(lambda x, state, reset: mixer.chunkwise(x, state, reset, chunk=chunk))
    steps = jax.jit(lambda x, state, reset: stepwise(mixer, x, state, reset))
    fresh = mixer.init_state(n_batch)
    for reset in (None, documents):
        whole, end = parallel(x, fresh, reset)
        for name, face in (("chunkwise", chunked), ("steps", steps)):
            found, state = face(x, fresh, reset)
            assert_close(found, whole, (name, reset is not None), tolerance)
            after, _ = steps(x[:, :4], state, None)
            wanted, _ = steps(x[:, :4], end, None)
            assert_close(after, wanted, (name, "carried on"), tolerance)
    whole, _ = parallel(x, fresh, documents)
    for split in range(1, n_time):
        # A prefix by one face, the suffix by the others; shapes vary, so nothing is compiled for them.
        _, state = steps_to(steps, x, fresh, documents, split)
        rest, _ = jax.tree.map(lambda y: y, chunked(pad(x, split), state, pad(documents, split)))
        assert_close(rest[:, : n_time - split], whole[:, split:], ("split", split), tolerance)


def pad(x, begin):
    """The tokens from `begin` on, filled up to the old length with zeros, so that one compilation serves all splits."""
    return jnp.concatenate([x[:, begin:], jnp.zeros_like(x[:, :begin])], axis=1)


def steps_to(steps, x, state, reset, end):
    """The state after the first `end` tokens."""
    for t in range(end):
        _, state = steps(x[:, t : t + 1], state, reset[:, t : t + 1])
    return None, state
