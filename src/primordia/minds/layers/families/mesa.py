"""Layers that solve for the best memory of all pairs so far."""

from __future__ import annotations

from primordia.minds.layers.entry import Layer

LAYERS: dict[str, Layer] = {}
