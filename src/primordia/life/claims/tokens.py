"""What the paper's Fig. 1 says about tracer tokens, and how each number is measured.

Regions were fixed before measuring. The figure shows one run on a logarithmic axis, so its counts are taken to a factor
of about three either way where the text gives no number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from primordia.core.claims import Claim, Expected, Measurement

Setup = Mapping[str, Any]
FIG_1 = "arXiv 2406.19108, section 2.1 and Fig. 1"
SOUP = {"language": "bff_noheads", "n_programs": 131_072}
UNTOUCHED = {**SOUP, "seed": 0, "epochs": 2000}
TAKEN_OVER = {**SOUP, "seed": 38, "epochs": 1332}
MAX_STEPS = 8192
MUTATION_THRESHOLD = 1 << 18


def counted(setup: Setup) -> tuple[int, int, dict[str, Any]]:
    """Unique tokens, bytes held by the 32 most frequent ones, and what else there is to say of the soup at the end."""
    from primordia.life.lineage.tokens import count_tokens, first_tokens
    from primordia.life.lineage.tracing import trace_epochs
    from primordia.life.measures import high_order_complexity
    from primordia.life.soup import random_soup

    soup = random_soup(setup["seed"], setup["n_programs"], 64)
    found = trace_epochs(
        setup["language"],
        soup,
        first_tokens(*soup.shape),
        seed=setup["seed"],
        first_epoch=0,
        n_epochs=setup["epochs"],
        mutation_threshold=MUTATION_THRESHOLD,
        max_steps=MAX_STEPS,
    )
    unique, top = count_tokens(found.soup, found.tokens)
    complexity = round(high_order_complexity(found.soup), 4)
    return unique, top, {"unique": unique, "top_32": top, "high_order_complexity": complexity}


def unique_tokens(setup: Setup) -> Measurement:
    """Distinct tokens of a random soup after some epochs."""
    unique, _, evidence = counted(setup)
    return Measurement(unique, f"tokens after {setup['epochs']} epochs", evidence)


def top_tokens(setup: Setup) -> Measurement:
    """Bytes of a random soup, after some epochs, that hold one of the 32 most frequent tokens."""
    _, top, evidence = counted(setup)
    return Measurement(top, f"bytes after {setup['epochs']} epochs", evidence)


CLAIMS = (
    Claim(
        "V20",
        "Without a transition a soup still has more than 3.5 million of its 8.4 million unique tokens at epoch 2,000.",
        f"{FIG_1}: 7 million near epoch 650, 4 million at 2,350",
        UNTOUCHED,
        unique_tokens,
        Expected(3.5e6, 7e6, "between the number of epoch 650 and that of epoch 2,350, with some room below"),
        "quick",
        "twenty seconds",
    ),
    Claim(
        "V20-start",
        "Every byte of a random soup has a token of its own: 2^23.",
        FIG_1,
        {**SOUP, "seed": 0, "epochs": 0},
        unique_tokens,
        Expected(2**23, 2**23, "one for every byte"),
        "quick",
        "a second",
    ),
    Claim(
        "V20-after",
        "Within 500 epochs of a takeover fewer than 100,000 unique tokens are left.",
        f"{FIG_1}: 13 thousand at epoch 2,880, after the second replicator; the first was born at 2,355",
        TAKEN_OVER,
        unique_tokens,
        Expected(0, 1e5, "seed 38 is taken over at epoch 832; 500 epochs later the figure is below 1e5 by far"),
        "full",
        "half a minute",
    ),
    Claim(
        "V21",
        "After a takeover the 32 most frequent tokens hold more than 4 million of the 8.4 million bytes.",
        f"{FIG_1}: 5.3 million near epoch 2,450 and 7.2 million at 3,000",
        TAKEN_OVER,
        top_tokens,
        Expected(4e6, 2**23, "below every value that the figure shows after its takeover"),
        "full",
        "half a minute",
    ),
    Claim(
        "V21-before",
        "Before, they hold some ten thousand: about 70,000 at epoch 2,300.",
        f"{FIG_1}: 23 thousand near epoch 650, 70 thousand at 2,350",
        UNTOUCHED,
        top_tokens,
        Expected(2e4, 2e5, "70 thousand, and a factor of about three for another run read off a logarithmic axis"),
        "full",
        "twenty seconds",
    ),
)
