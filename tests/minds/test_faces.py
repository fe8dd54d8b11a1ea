"""Every layer of the table has three faces that agree; and the checks that say so can fail."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from drawing import QUICK
from faces import WIDTH, assert_faces_agree, layer

from primordia.core.errors import ContractError
from primordia.minds.layers import checks, table
from primordia.minds.layers.mixer import Mixer


@pytest.mark.parametrize("name", table.LAYERS)
def test_three_faces_of_every_layer_agree(name):
    assert_faces_agree(layer(name), WIDTH, compiler=tuple(QUICK.items()))


@pytest.mark.slow
@pytest.mark.parametrize("name", table.LAYERS)
def test_three_faces_of_every_layer_agree_as_they_are_used_and_in_their_gradients(name):
    for check in checks.faces(layer(name), WIDTH):
        check.run()


class Average(Mixer):
    """The running mean of a document's tokens, with a fault that can be chosen."""

    fault: str = eqx.field(static=True, default="")

    def init_state(self, n_batch):
        return jnp.zeros((n_batch, WIDTH)), jnp.zeros((n_batch, 1))

    def step(self, x, state, reset=None):
        total, count = state
        if reset is not None and self.fault != "deaf":
            total, count = (jnp.where(reset[:, None], 0, part) for part in (total, count))
        total, count = total + x, count + 1
        return (total / count).astype(x.dtype), (total, count)

    def parallel(self, x, state, reset=None):
        outputs = []
        for t in range(x.shape[1]):
            out, state = self.step(x[:, t], state, None if reset is None else reset[:, t])
            outputs.append(out)
        if self.fault == "forgetful":
            state = self.init_state(x.shape[0])
        if self.fault == "other type":
            state = state[0].astype(jnp.bfloat16), state[1]
        return jnp.stack(outputs, axis=1) if outputs else x, state

    def chunkwise(self, x, state, reset=None, *, chunk=64):
        if self.fault == "no gradient":
            x = jax.lax.stop_gradient(x)
        out, state = self.parallel(x, state, reset)
        return (out * jnp.asarray(1 + 1e-4, out.dtype) if self.fault == "coarse" else out), state


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("fault", "first"),
    [
        ("", None),
        ("deaf", "documents_are_alone"),
        ("forgetful", "split_anywhere"),
        ("other type", "types_are_kept"),
        ("coarse", "chunkwise_is_steps"),
        ("no gradient", "gradients_agree"),
    ],
)
def test_each_check_notices_its_fault(fault, first):
    failed = None
    for check in checks.faces(Average(fault), WIDTH, n_time=3, chunk=2, even_chunk=2, compiler=tuple(QUICK.items())):
        try:
            check.run()
        except ContractError:
            failed = check.name
            break
    assert failed == first


def test_a_difference_is_told_with_its_place():
    trial = checks.Trial(Average(), WIDTH, n_time=5)
    wanted = jnp.ones((10, 5, WIDTH))
    with pytest.raises(ContractError, match=r"here: outputs differ by 1.0e-03 .* token 2 .* before token 1"):
        trial.differ(wanted.at[1, 2, 0].add(1e-3), wanted, "here")
    with pytest.raises(ContractError, match="not finite"):
        trial.differ(wanted.at[0, 0, 0].set(jnp.nan), wanted, "here")
    trial.differ(wanted.at[1, 4, 0].add(1), wanted, "beyond the row's tokens")
