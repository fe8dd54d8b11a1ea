"""The claims that need no training: their measures in small, and all of them where there is time."""

import pytest

from primordia.minds.claims import adversarial, dynamics_oracles, icl_oracles

CLAIMS = (*icl_oracles.CLAIMS, *dynamics_oracles.CLAIMS, *adversarial.CLAIMS)
BY_ID = {claim.id: claim for claim in CLAIMS}


def test_ids_are_unique():
    assert len(BY_ID) == len(CLAIMS)


def test_a_cheap_claim_holds():
    claim = BY_ID["M28-fixed"]
    assert claim.expected.holds(claim.measure(claim.setup).value)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_ID)
def test_a_claim_holds(name):
    claim = BY_ID[name]
    measurement = claim.measure(claim.setup)
    assert claim.expected.holds(measurement.value), measurement
