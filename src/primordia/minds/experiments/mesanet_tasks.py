"""The tasks of minds/mesanet, made from its settings. Everything that imports JAX does so inside functions."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from primordia.core.errors import ConfigError
from primordia.minds.experiments.mesanet_settings import MesaNetConfig

if TYPE_CHECKING:
    from primordia.minds.text.rows import Rows
    from primordia.minds.text.tokens import Tokens

TEXT_TIME = 128
"""Tokens of a row of text, unless n_time says otherwise."""
BPE_SYMBOLS = 1024
"""Tokens of a trained vocabulary, unless n_symbols says otherwise."""
RECALL_SYMBOLS = 128
"""Vocabulary of recall, unless n_symbols says otherwise: the source's 8192 would outweigh a small model."""


def task(config: MesaNetConfig) -> Any:
    """What rows are drawn from, a `tasks.task.Task`; None for text.

    Raises:
        ConfigError: the settings do not fit the task.
    """
    if (config.task == "text") != bool(config.corpus):
        raise ConfigError(
            f"task={config.task} and corpus={config.corpus!r} do not go together: task=text needs a corpus, such as "
            "manual, and no other task takes one."
        )
    if config.task == "text":
        return None
    given = {"n_symbols": config.n_symbols, "n_time": config.n_time}
    sizes = {name: value for name, value in given.items() if value}
    if config.task.startswith("mad-"):
        return _mad(config, sizes)
    if config.task == "recall":
        from primordia.minds.tasks.recall import Recall

        return Recall(**{"n_symbols": RECALL_SYMBOLS, **sizes}, n_pairs=config.n_pairs)
    if config.n_symbols:
        raise ConfigError(f"n_symbols={config.n_symbols} does not fit task={config.task}, which has its own; give 0.")
    if config.task == "parity":
        from primordia.minds.tasks.parity import Parity

        return Parity(**sizes)
    from primordia.minds.tasks.automata import Languages

    held_out = max(1, config.n_automata // 10)
    # Automata are seeds' own: a run's seed may be larger than the task takes.
    return Languages(**sizes, n_train=config.n_automata, n_held_out=held_out, seed=config.seed % 2**31)


def _mad(config: MesaNetConfig, sizes: dict[str, int]) -> Any:
    from primordia.minds.tasks import copying, mad

    if config.task in ("mad-recall", "mad-noisy"):
        noise = {"n_noise": 16, "noise_rate": 0.2} if config.task == "mad-noisy" else {}
        n_symbols = sizes.get("n_symbols", 32 if noise else 16)
        return mad.InContextRecall(n_symbols=n_symbols, n_tokens=sizes.get("n_time", 128), **noise)
    kinds = {
        "mad-fuzzy": mad.FuzzyRecall,
        "mad-memorise": copying.Memorise,
        "mad-copy": copying.SelectiveCopy,
        "mad-compress": copying.Compress,
    }
    return kinds[config.task](**sizes)


def n_symbols(config: MesaNetConfig) -> int:
    """Size of the vocabulary."""
    return int(text_tokens(config).n_tokens if config.task == "text" else task(config).n_symbols)


def n_answers(config: MesaNetConfig) -> int:
    """How many answers a sequence leaves open to one who knows the task and did not read it."""
    if config.task == "recall":
        return config.n_pairs
    if config.task == "text":
        return n_symbols(config)
    made = task(config)
    if config.task == "regbench":
        return int(made.n_symbols) - 2
    if config.task in ("mad-recall", "mad-noisy"):
        return int(made.n_symbols - made.n_noise - made.n_keys)
    if config.task in ("mad-fuzzy", "mad-memorise"):
        return int(made.n_symbols - 1 - made.n_keys)
    return int(made.n_symbols) - {"mad-copy": 2, "mad-compress": 1}.get(config.task, 0)


def decodes(config: MesaNetConfig) -> bool:
    """Whether a decoder reads the answers from the last token alone."""
    return config.task == "mad-compress"


def longest(config: MesaNetConfig) -> int:
    """Tokens of the longest sequence, in training or in the evaluation."""
    if config.task == "text":
        return config.n_time or TEXT_TIME
    made = task(config)
    return max(int(made.n_time), int(made.for_test().n_time))


def text_tokens(config: MesaNetConfig) -> Tokens:
    """How the text becomes tokens."""
    return _tokens(config.corpus, config.tokens, config.n_symbols)


def text_rows(config: MesaNetConfig, part: str) -> Rows:
    """The rows of the "train" or "validation" part of the text.

    Raises:
        BadInputError: there is no such text, it is not UTF-8, or it is too short.
    """
    return _rows(config.corpus, config.tokens, config.n_symbols, part, config.n_time or TEXT_TIME, config.seed)


@functools.lru_cache(maxsize=4)
def _tokens(corpus: str, kind: str, n: int) -> Tokens:
    from primordia.minds.text import corpora, tokens

    if kind == "bpe":
        return tokens.train(corpora.corpus(corpus).part("train").documents, n or BPE_SYMBOLS)
    if n:
        raise ConfigError(f"n_symbols={n} does not fit tokens=bytes, of which there are 257; give 0.")
    return tokens.Bytes()


@functools.lru_cache(maxsize=4)
def _rows(corpus: str, kind: str, n: int, part: Any, n_time: int, seed: int) -> Rows:
    from primordia.minds.text import corpora
    from primordia.minds.text.rows import packed

    return packed(corpora.corpus(corpus).part(part), _tokens(corpus, kind, n), n_time, seed)
