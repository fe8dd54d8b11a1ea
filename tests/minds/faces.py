"""The check that every layer owes, as a test calls it."""

import numpy as np

from primordia.minds.layers import checks

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
