"""Every registered experiment, in every variant, owes the whole contract. There is no second list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from primordia.core import checks, registry

COMPILES_LONG = ("games/coala-cleanup", "minds/mesa-optimization", "minds/mesanet")
"""They take three tenths of the time of all promises, so CI looks at them beside the fast suite."""


def promises() -> Iterator[Any]:
    for name in registry.names():
        experiment = registry.load(name)
        marks = [pytest.mark.thorough] if name in COMPILES_LONG else []
        for check in checks.checks(experiment):
            yield pytest.param(check, id=f"{name} {check.name}", marks=marks)


@pytest.mark.parametrize("check", list(promises()))
def test_contract(check: checks.Check) -> None:
    check.run()


def test_the_house_is_not_empty() -> None:
    assert "life/bff" in registry.names()
    n_variants = sum(len(registry.load(name).variants) for name in registry.names())
    assert len(list(promises())) == n_variants * len(checks.CHECKS)
