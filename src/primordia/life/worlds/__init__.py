"""Who meets whom: the worlds that a soup can live in."""

from primordia.life.worlds.meeting import Meetings, World
from primordia.life.worlds.mixed import Mixed

__all__ = ["Meetings", "Mixed", "World"]
