"""The PyTorch reference layers of flash-linear-attention on the CPU, timed on request; started by `minds.py --torch`.

Reads a line of JSON for each turn ({"layer", "d", "time", "heads", "chunk", "solver_steps", "backward"}) and answers
with the seconds of one call, or null where there is no such layer, or where its backward pass does not work.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable

import torch

warnings.filterwarnings("ignore")
Tensors = dict[str, torch.Tensor]
SCALE = 1.0


def signals(d: int, n_time: int, n_heads: int) -> Tensors:
    """Random signals as ours: unit keys and queries, gates near 1; axes [batch, time, head, channel]."""
    torch.manual_seed(0)
    shape = (1, n_time, n_heads, d)
    unit = {name: torch.nn.functional.normalize(torch.randn(shape), dim=-1) for name in ("q", "k")}
    gates = {name: torch.rand(shape[:3]) for name in ("g", "beta")}
    decay = torch.nn.functional.logsigmoid(4 + gates["g"])
    per_channel = torch.nn.functional.logsigmoid(4 + torch.rand(shape))
    return {**unit, "v": torch.randn(shape), "g": decay, "beta": gates["beta"], "gk": per_channel}


def head_first(s: Tensors, *names: str) -> list[torch.Tensor]:
    return [s[name].transpose(1, 2).contiguous() for name in names]


def layers(chunk: int, solver_steps: int) -> dict[str, Callable[[Tensors], object]]:
    """What the package offers without Triton, by our names for the layers."""
    from fla.ops.delta_rule.naive import delta_rule_chunkwise
    from fla.ops.gated_delta_rule.naive import naive_chunk_gated_delta_rule
    from fla.ops.gla.naive import naive_recurrent_gla
    from fla.ops.linear_attn.naive import naive_recurrent_linear_attn
    from fla.ops.mesa_net.naive import naive_mesa_net_CG
    from fla.ops.retention.naive import naive_retention
    from fla.ops.simple_gla.naive import naive_chunk_simple_gla
    from fla.ops.ttt.naive import ttt_linear

    def mesa(s: Tensors) -> object:
        n_heads, d = s["q"].shape[2:]
        bound = torch.ones(n_heads, d)
        return naive_mesa_net_CG(s["q"], s["k"], s["v"], s["g"], bound, s["beta"], chunk, max_CG_iteration=solver_steps)

    def ttt(s: Tensors) -> object:
        q, k, v = head_first(s, "q", "k", "v")
        n_heads, d = q.shape[1], q.shape[3]
        eta = s["beta"].transpose(1, 2)[..., None].contiguous()
        start = torch.zeros(1, n_heads, d, d), torch.zeros(1, n_heads, 1, d)
        return ttt_linear(
            q * 1, k, v, torch.ones(n_heads, d), torch.zeros(n_heads, d), eta, 1.0, 1e-6, 16, *start, False
        )

    def attention(s: Tensors) -> object:
        return torch.nn.functional.scaled_dot_product_attention(*head_first(s, "q", "k", "v"), is_causal=True)

    def gated(s: Tensors) -> object:
        return naive_chunk_simple_gla(
            s["q"], s["k"], s["v"] * s["beta"][..., None], s["g"], chunk_size=chunk, scale=SCALE
        )

    return {
        "softmax": attention,
        "linear": lambda s: naive_recurrent_linear_attn(s["q"], s["k"], s["v"], scale=SCALE),
        "retnet": lambda s: naive_retention(*head_first(s, "q", "k", "v")),
        "mamba2": lambda s: naive_chunk_simple_gla(s["q"], s["k"], s["v"], s["g"], chunk_size=chunk, scale=SCALE),
        "scalar-gla": gated,
        "gla": lambda s: naive_recurrent_gla(s["q"], s["k"], s["v"], s["gk"]),
        "deltanet": lambda s: delta_rule_chunkwise(*head_first(s, "q", "k", "v", "beta"), chunk_size=chunk),
        "gated-deltanet": lambda s: naive_chunk_gated_delta_rule(
            s["q"], s["k"], s["v"], s["g"], s["beta"], chunk_size=chunk, scale=SCALE
        ),
        "ttt": ttt,
        "mesa": mesa,
    }


def first(found: object) -> torch.Tensor:
    out = found[0] if isinstance(found, tuple) else found
    assert isinstance(out, torch.Tensor)
    return out


def turn(call: Callable[[Tensors], object], s: Tensors, backward: bool) -> float:
    start = time.perf_counter()
    if not backward:
        with torch.no_grad():
            call(s)
        return time.perf_counter() - start
    given = {name: tensor.clone().requires_grad_() for name, tensor in s.items()}
    start = time.perf_counter()
    first(call(given)).square().sum().backward()
    return time.perf_counter() - start


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]))
    for line in sys.stdin:
        asked = json.loads(line)
        call = layers(asked["chunk"], asked["solver_steps"]).get(asked["layer"])
        seconds = None
        if call is not None:
            try:
                seconds = turn(call, signals(asked["d"], asked["time"], asked["heads"]), asked["backward"])
            except (RuntimeError, ValueError) as error:
                print(f"{asked['layer']}: {error}", file=sys.stderr)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
