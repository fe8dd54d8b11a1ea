"""Who meets whom: the worlds that a soup can live in."""

from primordia.life.worlds.archipelago import Archipelago
from primordia.life.worlds.cyclic import Cyclic
from primordia.life.worlds.fixed import Fixed
from primordia.life.worlds.islands import Islands
from primordia.life.worlds.lattice import Grid, Ring
from primordia.life.worlds.meeting import Meetings, World
from primordia.life.worlds.mixed import Mixed
from primordia.life.worlds.neighbours import Neighbours
from primordia.life.worlds.rationed import Rationed

__all__ = [
    "Archipelago",
    "Cyclic",
    "Fixed",
    "Grid",
    "Islands",
    "Meetings",
    "Mixed",
    "Neighbours",
    "Rationed",
    "Ring",
    "World",
]
