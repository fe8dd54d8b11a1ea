"""`primordia life top`: the most frequent programs and bytes of a soup."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import final

from primordia.core.findings import Finding
from primordia.core.tools import Runs, Tool
from primordia.life.measures import census
from primordia.life.specimens import Context, disassemblies, top_bytes, top_programs
from primordia.life.tools import asking


@dataclasses.dataclass(frozen=True)
class TopArguments:
    """A run and when to look at it."""

    run: asking.Run
    epoch: asking.Epoch = None


@final
class Top(Tool):
    """The scores are those of the authors' replication test."""

    name = "life/top"
    summary = "The most frequent programs of a soup with their scores, disassembled, and its most frequent bytes."
    Arguments = TopArguments

    def use(self, arguments: TopArguments, runs: Runs) -> Iterator[Finding]:
        """Programs, bytes, and the listing of the first few."""
        moment = asking.soup_moment(runs, arguments.run, arguments.epoch)
        config, soup, tokens = moment.config, moment.state.soup, getattr(moment.state, "tokens", None)
        context = Context(config.language, soup, config.max_steps, moment.streams, moment.t, tokens)
        programs = census(soup)
        yield top_programs(context, programs)
        yield top_bytes(context)
        yield disassemblies(context, programs)
