"""Every family of policies by name."""

from __future__ import annotations

from collections.abc import Callable

from primordia.core.errors import UnknownNameError
from primordia.games.policies.gru import Gru
from primordia.games.policies.hawk import Hawk
from primordia.games.policies.policy import Policy
from primordia.games.policies.rg_lru import RgLru
from primordia.games.policies.sequence import Sequence
from primordia.games.policies.tabular import Tabular

LENT = "minds/mesa"
"""An example of a lent layer, for the list of names."""

POLICIES: dict[str, Callable[[int, int, int], Policy]] = {
    "tabular": lambda n_observed, n_actions, n_units: Tabular(n_observed, n_actions),
    "gru": Gru,
    "rg-lru": RgLru,
    "hawk": lambda n_observed, n_actions, n_units: Hawk(n_observed, n_actions, n_units, n_units, 2, n_units),
}
"""Name -> maker of a policy from numbers in an observation, actions and units."""


def build(name: str, n_observed: int, n_actions: int, n_units: int = 32) -> Policy:
    """The policy of a name; "wing/layer" is one over a sequence layer that another wing lends.

    Raises:
        UnknownNameError: there is no such policy, lending wing or layer; says the nearest.
        ConfigError: a size does not fit.
    """
    if "/" in name:
        return Sequence(name, n_observed, n_actions, n_units)
    if name not in POLICIES:
        raise UnknownNameError("policy", name, [*POLICIES, LENT])
    return POLICIES[name](n_observed, n_actions, n_units)
