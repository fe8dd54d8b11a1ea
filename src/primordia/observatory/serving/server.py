"""The server: one address on this machine, one page, one websocket a page. It runs no experiment itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket as sockets
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from primordia.core.errors import BadInputError, RunFolderError
from primordia.observatory import protocol
from primordia.observatory.serving import access, files
from primordia.observatory.serving.access import Access, Gate
from primordia.observatory.serving.company import Company
from primordia.observatory.serving.replies import Replies
from primordia.observatory.serving.scene import Scene
from primordia.observatory.serving.socket import TRY_AGAIN_LATER, Page

HOST = "127.0.0.1"
LONGEST_REQUEST = 2**20
"""Bytes of a message from a page."""
MOST_PAGES = 64
CLOSING_SECONDS = 2


@final
class Observatory:
    """A server over a folder of runs, to be entered as an asynchronous context.

    Args:
        root: the folder of all runs; need not exist.
        port: to listen at, on this machine only; 0 is any free one.

    Raises on entry:
        BadInputError: the port is taken.
    """

    def __init__(self, root: Path, port: int = 0) -> None:
        self.root = root
        self._listening = _listen(port)
        self.port = int(self._listening.getsockname()[1])
        self.access = Access(access.key(root), self.port)
        self._pages: set[Page] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Observatory]:
        """Serve until the context ends; stages must be ended before, see `end`."""
        self.company = Company(self.root)
        self.replies = Replies(self.root, self.company)
        server = _Server(
            uvicorn.Config(
                Gate(self._routes(), self.access), loop="asyncio", http="h11", ws="websockets-sansio", lifespan="off",
                ws_max_size=LONGEST_REQUEST, ws_per_message_deflate=False, log_config=None, log_level="error",
                access_log=False, server_header=False, proxy_headers=False,
                timeout_graceful_shutdown=CLOSING_SECONDS,
            )
        )  # fmt: skip
        serving = asyncio.create_task(server.serve(sockets=[self._listening]))
        try:
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            yield self
        finally:
            await self.end(asyncio.Event())
            server.should_exit = True
            await serving
            self.replies.close()
            self._listening.close()

    async def end(self, at_once: asyncio.Event) -> list[Scene]:
        """End all stages in order, or at once when that event is set; returns the runs that ran here."""
        return await self.company.end(at_once)

    def _routes(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._front),
                Route("/static/{name:path}", self._static, middleware=[Middleware(GZipMiddleware)]),
                Route("/runs/{run}/{name:path}", self._of_run),
                Route("/made/{name}", self._made),
                WebSocketRoute("/socket", self._talk),
            ],
            exception_handlers={HTTPException: _refuse, Exception: _refuse},
        )

    async def _front(self, request: Request) -> Response:
        return files.page()

    async def _static(self, request: Request) -> Response:
        return files.static(request.path_params["name"])

    async def _of_run(self, request: Request) -> Response:
        try:
            folder = self.company.scene(request.path_params["run"]).folder.path
        except RunFolderError:
            return files.nothing()
        return files.of_run(folder, request.path_params["name"])

    async def _made(self, request: Request) -> Response:
        return files.made(self.replies.made, request.path_params["name"])

    async def _talk(self, websocket: WebSocket) -> None:
        if len(self._pages) >= MOST_PAGES:
            await websocket.close(TRY_AGAIN_LATER)
            return
        page = Page(websocket, websocket.state.role, self.replies)
        self._pages.add(page)
        try:
            await page.serve()
        finally:
            self._pages.discard(page)


def serve(
    root: Path,
    *,
    port: int = 0,
    page: str = "",
    begin: protocol.Begin | None = None,
    read_only: bool = False,
    open_browser: bool = True,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Serve until Ctrl-C, which has every run that runs here end in order; a second one ends them at once.

    Args:
        root: the folder of all runs.
        port: to listen at, on this machine only; 0 is any free one.
        page: what stands behind the # of the address, such as "/run/ID".
        begin: a run to start, whose page is then shown.
        read_only: also print an address for pages that may only look.
        open_browser: show the page in a browser.
        say: takes the lines for the terminal.

    Returns:
        The folders of the runs that were ended by Ctrl-C.

    Raises:
        BadInputError: the port is taken, or the run was refused.
    """
    return asyncio.run(_serve(Observatory(root, port), page, begin, read_only, open_browser, say))


async def _serve(
    observatory: Observatory,
    page: str,
    begin: protocol.Begin | None,
    read_only: bool,
    open_browser: bool,
    say: Callable[[str], None],
) -> list[Path]:
    import signal

    stop, at_once = asyncio.Event(), asyncio.Event()

    def interrupted() -> None:
        (at_once if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    async with observatory.open():
        showing = asyncio.create_task(_show(observatory, page, begin, read_only, open_browser, say))
        stopped = asyncio.create_task(stop.wait())
        # A run that takes long to start does not keep Ctrl-C waiting.
        await asyncio.wait({showing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if showing.done():
            showing.result()
        await stopped
        if observatory.company.live():
            say("ending every run that runs here, with a checkpoint; press Ctrl-C again to stop at once")
        return [scene.folder.path for scene in await observatory.end(at_once)]


async def _show(
    observatory: Observatory,
    page: str,
    begin: protocol.Begin | None,
    read_only: bool,
    open_browser: bool,
    say: Callable[[str], None],
) -> None:
    """Start the run that was asked for, and say where its page is."""
    if begin is not None:
        answer = await observatory.replies.answer(begin, lambda share, what: None)
        page = f"/run/{answer['run']}"
    say(f"observatory  {observatory.access.address('owner', page)}")
    if read_only:
        say(f"to look only {observatory.access.address('guest', page)}")
    if open_browser:
        await asyncio.to_thread(webbrowser.open, observatory.access.address("owner", page))


@final
class _Server(uvicorn.Server):
    """Uvicorn without its handling of signals: here runs have to end before the pages are sent away."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _refuse(request: Request, error: Exception) -> Response:
    """What is asked for wrongly is refused like everything else that is not there: without a word."""
    return files.nothing()


def _listen(port: int) -> sockets.socket:
    if not 0 <= port < 2**16:
        raise BadInputError(f"port={port} is out of range: it must be from 0 to 65535; 0 is any free one.")
    listening = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)
    listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise BadInputError(f"Port {port} cannot be used ({error.strerror}); choose another, or 0 for any.") from error
    return listening
