"""The page on layers says what the table says, and its lines of Python run as they stand."""

import functools
import re
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from drawing import QUICK

from primordia.minds.layers import table
from primordia.minds.layers.entry import LayerSizes

PAGE = (Path(__file__).parents[2] / "docs" / "choose-a-layer.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [0, 1])
def test_the_page_holds_the_tables(number):
    assert table.pages()[number] in PAGE, "print(table.pages()[0], table.pages()[1]) gives the tables of the page"


@pytest.mark.thorough
def test_the_lines_of_python_run_as_they_stand(capsys, monkeypatch):
    monkeypatch.setattr(eqx, "filter_jit", functools.partial(eqx.filter_jit, compiler_options=QUICK))
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "choose-a-layer.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()


@pytest.mark.parametrize("name", table.LAYERS)
def test_the_state_of_a_head_is_as_large_as_the_page_says(name):
    n_heads, d, w, t = 3, 8, 5, 11
    sizes = LayerSizes(width=24, n_heads=n_heads, d_key=d, convolution=0, window=w, longest=t)
    leaves = jax.tree.leaves(jax.eval_shape(lambda: table.build(name, jax.random.key(0), sizes).init_state(1)))
    # Counts of tokens are not counted; a window keeps the w - 1 tokens before the next.
    found = sum(leaf.size for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)) / n_heads
    formula = table.LAYERS[name].state.replace(" ", "")
    terms = re.sub(r"(?<=\d)(?=[dtw])|(?<=[dtw])(?=[dtw])", "*", formula).replace("^", "**")
    assert found == eval(terms, {"d": d, "t": t, "w": w - 1})
