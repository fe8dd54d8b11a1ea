"""Softmax attention with rotary positions: over all of a document, or over a window of it.

Symbols: q, k, v of a head; R(p) the rotation by position p; d the key size.
    o_t = sum_s p_ts v_s,    p_ts = softmax_s( (R(t) q_t) . (R(s) k_s) / sqrt(d) ),    s in the document of t, s <= t

Sources: Vaswani et al. 2017 (arXiv 1706.03762, equation 1); rotations: Su et al. 2021 (arXiv 2104.09864, equation 34),
here of channel i with channel i + d/2 in place of neighbours.
"""

from __future__ import annotations

from typing import NamedTuple, final

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from primordia.core.errors import ConfigError
from primordia.minds.layers import segments
from primordia.minds.layers.norms import wide
from primordia.minds.layers.rule import Rule, Signals

BASE = 10_000.0
"""Wavelengths of the rotations run from 2 pi to this times 2 pi."""


class Cache(NamedTuple):
    """Keys and values that the next token may see.

    Args:
        key: softmax attention keeps them from the document's first on, rotated; a window keeps its last, oldest
            first, not rotated.
        value: beside the keys.
        n_seen: how many of the document came before; what lies beyond is not looked at.
    """

    key: Float[Array, "batch head place key"]
    value: Float[Array, "batch head place value"]
    n_seen: Int[Array, " batch"]


@final
class Softmax(Rule):
    """Attention to all earlier tokens of the document.

    State: a cache of `longest` tokens. A document that outgrows it gets NaN from there on, never a wrong number; where
    the length of a stretch alone tells, `ConfigError` before anything is compiled.
    Cost: 4 d operations of a token and head for each earlier token; `chunkwise` holds one row of scores for each token
    of a chunk.
    """

    longest: int = eqx.field(static=True)

    def __init__(self, longest: int) -> None:
        if longest < 1:
            raise ConfigError(f"longest={longest} is out of range: it must be at least 1; the nearest is 1.")
        self.longest = longest

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Cache:
        """An empty cache."""
        return _empty(n_batch, n_heads, self.longest, d_key, d_value)

    def parallel(self, signals: Signals, state: Cache) -> tuple[Array, Cache]:
        """All scores at once."""
        self._check(signals)
        spans, signals = _rotated(signals, state)
        place = jnp.arange(spans.shape[1])
        near = Signals(
            signals.query,
            jnp.concatenate([state.key, signals.key], axis=2),
            jnp.concatenate([state.value, signals.value], axis=2),
        )
        out = _mixed(near, jnp.concatenate([_sees_cache(spans, state), _sees_own(spans, place)], axis=-1))
        return self._bounded(out, spans), _appended(signals, spans, state)

    def chunkwise(self, signals: Signals, state: Cache, chunk: int) -> tuple[Array, Cache]:
        """The scores of one chunk of queries after the other; an empty cache is not looked at."""
        self._check(signals)
        spans, signals = _rotated(signals, state)
        n_time = spans.shape[1]

        @jax.checkpoint
        def rows(tile: tuple[Array, Array]) -> Array:
            query, place = tile
            first = spans[:, place]
            own = _part(query, signals.key, signals.value, _sees_own(spans, place))
            out = jax.lax.cond(
                jnp.any(first < 0),
                lambda: own.with_more(_part(query, state.key, state.value, _sees_cache(first, state))),
                lambda: own,
            )
            return out.mixed / out.total[..., None]

        tiles = segments.chunks(Signals(signals.query, signals.key, signals.value), chunk).query
        places = jnp.minimum(jnp.arange(tiles.shape[0] * chunk), n_time - 1).reshape(-1, chunk)
        out = segments.joined(jax.lax.map(rows, (tiles, places)), n_time)
        return self._bounded(out, spans), _appended(signals, spans, state)

    def step(self, signals: Signals, state: Cache) -> tuple[Array, Cache]:
        """The token joins the cache, then looks at it."""
        n_seen = state.n_seen if signals.reset is None else jnp.where(signals.reset, 0, state.n_seen)
        key = rotated(signals.key, n_seen[:, None])
        rows = jnp.arange(n_seen.shape[0])
        state = Cache(
            state.key.at[rows, :, n_seen].set(key.astype(state.key.dtype), mode="drop"),
            state.value.at[rows, :, n_seen].set(signals.value.astype(state.value.dtype), mode="drop"),
            n_seen + 1,
        )
        query = rotated(signals.query, n_seen[:, None])
        scores = jnp.einsum("bhk,bhsk->bhs", query, state.key) * query.shape[-1] ** -0.5
        visible = jnp.arange(self.longest) <= n_seen[:, None]
        share = jax.nn.softmax(jnp.where(visible[:, None], scores, -jnp.inf), axis=-1)
        out = jnp.einsum("bhs,bhsv->bhv", share, state.value)
        return jnp.where((n_seen < self.longest)[:, None, None], out, jnp.nan), state

    def _check(self, signals: Signals) -> None:
        n_time = signals.query.shape[2]
        if signals.reset is None and n_time > self.longest:
            raise ConfigError(
                f"A stretch of {n_time} tokens is longer than softmax attention holds (longest={self.longest}); "
                f"set longest to at least {n_time}."
            )

    def _bounded(self, out: Array, spans: Int[Array, "batch time"]) -> Array:
        """NaN for the tokens of a document that the cache cannot hold."""
        position = jnp.arange(spans.shape[1]) - spans
        return jnp.where((position < self.longest)[:, None, :, None], out, jnp.nan)


@final
class Sliding(Rule):
    """Attention to the last `window` tokens of the document, a token itself included.

    State: the last `window` - 1 keys and values. Rotations count from the window's begin, so that no position grows
    with the length of a text. Cost: 4 d (window + C) operations of a token and head, for chunks of C.
    """

    window: int = eqx.field(static=True)

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ConfigError(f"window={window} is out of range: it must be at least 1; the nearest is 1.")
        self.window = window

    def init_state(self, n_batch: int, n_heads: int, d_key: int, d_value: int) -> Cache:
        """Nothing came before."""
        return _empty(n_batch, n_heads, self.window - 1, d_key, d_value)

    def parallel(self, signals: Signals, state: Cache) -> tuple[Array, Cache]:
        """The whole stretch as one chunk."""
        return self.chunkwise(signals, state, signals.query.shape[2])

    def chunkwise(self, signals: Signals, state: Cache, chunk: int) -> tuple[Array, Cache]:
        """Each chunk beside the `window` - 1 tokens before it."""
        n_time, n_before = signals.query.shape[2], self.window - 1
        spans = segments.first_seen(signals.reset, jnp.minimum(state.n_seen, n_before), n_time)
        keys = jnp.concatenate([state.key, wide(signals.key)], axis=2)
        values = jnp.concatenate([state.value, wide(signals.value)], axis=2)
        queries = segments.chunks(Signals(signals.query, signals.key, signals.value), chunk).query
        n_chunks = queries.shape[0]
        filled = [(0, 0), (0, 0), (0, n_chunks * chunk - n_time), (0, 0)]
        all_keys, all_values = jnp.pad(keys, filled), jnp.pad(values, filled)
        firsts = jnp.pad(spans, filled[1:3], mode="edge")

        @jax.checkpoint
        def one(tile: tuple[Array, Array]) -> Array:
            query, begin = tile
            near = Signals(
                rotated(query, jnp.arange(n_before, n_before + chunk)),
                rotated(_cut(all_keys, begin, n_before + chunk, 2), jnp.arange(n_before + chunk)),
                _cut(all_values, begin, n_before + chunk, 2),
            )
            lag = (n_before + jnp.arange(chunk))[:, None] - jnp.arange(n_before + chunk)
            first = _cut(firsts, begin, chunk, 1) - begin + n_before
            seen = (lag >= 0) & (lag < self.window) & (jnp.arange(n_before + chunk) >= first[..., None])
            return _mixed(near, seen)

        out = jax.lax.map(one, (queries, jnp.arange(n_chunks) * chunk))
        kept = Cache(keys[:, :, n_time:], values[:, :, n_time:], jnp.minimum(n_time - spans[:, -1], n_before))
        return segments.joined(out, n_time), kept

    def step(self, signals: Signals, state: Cache) -> tuple[Array, Cache]:
        """A chunk of one token."""
        reset = None if signals.reset is None else signals.reset[:, None]
        token = Signals(signals.query[:, :, None], signals.key[:, :, None], signals.value[:, :, None], reset=reset)
        out, state = self.chunkwise(token, state, 1)
        return out[:, :, 0], state


def rotated(x: Float[Array, "batch head *time key"], position: Int[Array, "*places"]) -> Array:
    """R(p) x: channels i and i + d/2 turned by the angle p / BASE^(2 i / d); axes of `position` end with x's time."""
    half = x.shape[-1] // 2
    angle = position[..., None] * BASE ** (-jnp.arange(half) / half)
    if angle.ndim == x.ndim - 1:  # a position for each row of the batch: the same for its heads
        angle = angle[:, None]
    cos, sin = jnp.cos(angle).astype(x.dtype), jnp.sin(angle).astype(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def _empty(n_batch: int, n_heads: int, n_places: int, d_key: int, d_value: int) -> Cache:
    shape = (n_batch, n_heads, n_places)
    return Cache(jnp.zeros((*shape, d_key)), jnp.zeros((*shape, d_value)), jnp.zeros(n_batch, jnp.int32))


def _cut(x: Array, begin: Array, size: int, axis: int) -> Array:
    return jax.lax.dynamic_slice_in_dim(x, begin, size, axis)


def _rotated(signals: Signals, state: Cache) -> tuple[Int[Array, "batch time"], Signals]:
    """The first place that each token sees (places of the stretch; those before it are negative), keys rotated."""
    n_time = signals.query.shape[2]
    spans = segments.first_seen(signals.reset, state.n_seen, n_time)
    position = jnp.arange(n_time) - spans
    turned = signals._replace(query=rotated(signals.query, position), key=rotated(signals.key, position))
    return spans, turned._replace(value=wide(signals.value))


def _sees_own(spans: Int[Array, "batch time"], place: Int[Array, " row"]) -> Bool[Array, "batch row time"]:
    """Which tokens of the stretch the tokens at some places see."""
    own = jnp.arange(spans.shape[1])
    return (own >= spans[:, place, None]) & (own <= place[:, None])


def _sees_cache(first: Int[Array, "batch row"], state: Cache) -> Bool[Array, "batch row place"]:
    """Which tokens of the cache are seen by tokens that see from `first` on."""
    held = jnp.arange(state.key.shape[2]) < state.n_seen[:, None]
    return (first < 0)[..., None] & held[:, None]


class _Part(NamedTuple):
    """Softmax over some of the places: weights relative to exp of the largest score.

    Args:
        top: the largest score; where nothing is seen, the lowest number.
        total: sum of weights.
        mixed: values summed with these weights.
    """

    top: Float[Array, "batch head row"]
    total: Float[Array, "batch head row"]
    mixed: Float[Array, "batch head row value"]

    def with_more(self, other: _Part) -> _Part:
        """Both together (arXiv 1805.02867, algorithm 3)."""
        top = jnp.maximum(self.top, other.top)
        mine, its = jnp.exp(self.top - top), jnp.exp(other.top - top)
        mixed = mine[..., None] * self.mixed + its[..., None] * other.mixed
        return _Part(top, mine * self.total + its * other.total, mixed)


def _part(query: Array, key: Array, value: Array, seen: Bool[Array, "batch row place"]) -> _Part:
    scores = jnp.einsum("bhtk,bhsk->bhts", query, key) * query.shape[-1] ** -0.5
    lowest = jnp.finfo(scores.dtype).min
    top = jax.lax.stop_gradient(jnp.max(jnp.where(seen[:, None], scores, lowest), axis=-1))
    weights = jnp.exp(jnp.where(seen[:, None], scores - top[..., None], -jnp.inf))
    return _Part(top, weights.sum(-1), jnp.einsum("bhts,bhsv->bhtv", weights, value))


def _mixed(signals: Signals, seen: Bool[Array, "batch row place"]) -> Float[Array, "batch head row value"]:
    """Values mixed by the softmax of the scores that a row sees; every row sees itself."""
    scores = jnp.einsum("bhtk,bhsk->bhts", signals.query, signals.key) * signals.query.shape[-1] ** -0.5
    share = jax.nn.softmax(jnp.where(seen[:, None], scores, -jnp.inf), axis=-1)
    return jnp.einsum("bhts,bhsv->bhtv", share, signals.value)


def _appended(signals: Signals, spans: Int[Array, "batch time"], state: Cache) -> Cache:
    """The cache of the last document, from its first token on."""
    n_time, n_places = spans.shape[1], state.key.shape[2]
    last = spans[:, -1:]
    slot = jnp.arange(n_places)
    held = jnp.where((last < 0) & (slot < -last), slot, n_places + last + slot)
    source = jnp.clip(held, 0, n_places + n_time - 1)[:, None, :, None]
    key = jnp.take_along_axis(jnp.concatenate([state.key, signals.key], axis=2), source, axis=2)
    value = jnp.take_along_axis(jnp.concatenate([state.value, signals.value], axis=2), source, axis=2)
    return Cache(key.astype(state.key.dtype), value.astype(state.value.dtype), n_time - last[:, 0])
