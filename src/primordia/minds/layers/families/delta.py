"""Layers that write what their memory got wrong, and gates for each channel."""

from __future__ import annotations

from primordia.minds.layers.entry import Layer

LAYERS: dict[str, Layer] = {}
