"""Programs under the microscope: what they copy and how, and which of their bytes they cannot do without."""

from primordia.life.microscope.anatomy import Anatomy, budget, dissect, robustness
from primordia.life.microscope.copying import CopyTest, neutral_byte
from primordia.life.microscope.film import Film, copy_in_words, watch
from primordia.life.microscope.meeting import Outcome, meet

__all__ = [
    "Anatomy",
    "CopyTest",
    "Film",
    "Outcome",
    "budget",
    "copy_in_words",
    "dissect",
    "meet",
    "neutral_byte",
    "robustness",
    "watch",
]
