"""Who may come in: a token that is good once, a cookie after it, and only pages of our own at an address of our own."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.cookies
import os
import secrets
import time
import urllib.parse
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Role: TypeAlias = Literal["owner", "guest"]
ROLES: tuple[Role, ...] = ("owner", "guest")
KEY_BYTES = 32
COOKIE_SECONDS = 30 * 24 * 3600
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer carries, unless the answer itself says otherwise."""


def key(root: Path) -> bytes:
    """The key behind the cookies of the runs under `root`; made when it is not there or is no key.

    It lies in a file that only its owner can read, so that pages survive a restart. Where it cannot be kept, it serves
    for as long as this process lives.
    """
    file = root / ".observatory" / "key"
    with contextlib.suppress(OSError, ValueError):
        found = bytes.fromhex(file.read_text())
        if len(found) == KEY_BYTES and file.stat().st_mode & 0o077 == 0:
            return found
    made = secrets.token_bytes(KEY_BYTES)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = file.with_name(f".key.{os.getpid()}")
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writing:
            writing.write(made.hex())
        os.replace(aside, file)
    return made


@final
class Access:
    """The tokens and cookies of one server.

    Args:
        secret: the key behind the cookies.
        port: of the server; cookies know no ports, so it is part of their name and of what is signed.
    """

    def __init__(self, secret: bytes, port: int) -> None:
        self._secret, self._port = secret, port
        self._tokens = {role: secrets.token_urlsafe(24) for role in ROLES}
        self._spent = False
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    @property
    def cookie_name(self) -> str:
        """The name of this server's cookie."""
        return f"primordia_{self._port}"

    def address(self, role: Role, page: str = "") -> str:
        """Where a person goes first; the owner's address is good once. `page` is what stands behind the #."""
        return f"http://127.0.0.1:{self._port}/?token={self._tokens[role]}" + (f"#{page}" if page else "")

    def redeem(self, token: str) -> Role | None:
        """Who a token speaks for; the owner's is spent by this."""
        if _equal(token, self._tokens["owner"]) and not self._spent:
            self._spent = True
            return "owner"
        return "guest" if _equal(token, self._tokens["guest"]) else None

    def cookie(self, role: Role) -> str:
        """The Set-Cookie header for a role."""
        stated = f"{role}.{int(time.time())}.{secrets.token_hex(8)}"
        value = f"{stated}.{self._signature(stated)}"
        return f"{self.cookie_name}={value}; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Strict"

    def holder(self, header: str) -> Role | None:
        """Who the cookies of a request speak for."""
        jar: http.cookies.SimpleCookie = http.cookies.SimpleCookie()
        with contextlib.suppress(http.cookies.CookieError):
            jar.load(header)
        if self.cookie_name not in jar:
            return None
        stated, _, signature = jar[self.cookie_name].value.rpartition(".")
        if not _equal(signature, self._signature(stated)):
            return None
        role, issued, _ = stated.split(".")
        fresh = 0 <= time.time() - int(issued) + 60 < COOKIE_SECONDS
        return next((known for known in ROLES if fresh and known == role), None)

    def at_home(self, headers: Iterable[tuple[bytes, bytes]], *, origin_needed: bool) -> bool:
        """Whether a request names our own address as its host and, where it has one, as its origin.

        A browser states the origin of every websocket. A page of another origin that a browser asks for one of our
        files is told by Sec-Fetch-Site; "none" is what a person typed.
        """
        stated = [(name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        hosts = [value for name, value in stated if name == "host"]
        origins = [value for name, value in stated if name == "origin"]
        if len(hosts) != 1 or hosts[0] not in self._hosts or len(origins) > 1:
            return False
        return origins == [f"http://{hosts[0]}"] if origins else not origin_needed

    def _signature(self, stated: str) -> str:
        return hmac.new(self._secret, f"{self._port}.{stated}".encode(), hashlib.sha256).hexdigest()


@final
class Gate:
    """Lets requests through to `app` with their role under scope["state"]["role"]; all others get 403 and no word."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one request; lifespan messages are none."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        role, cookie = self._judge(scope)
        if role is None:
            await _refuse(scope, send)
            return
        scope.setdefault("state", {})["role"] = role

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, {**HEADERS, **({"set-cookie": cookie} if cookie else {})})
            await send(message)

        await self.app(scope, receive, answer)

    def _judge(self, scope: Scope) -> tuple[Role | None, str]:
        """The role of a request, and the cookie to set with its answer."""
        if not self.access.at_home(scope["headers"], origin_needed=scope["type"] == "websocket"):
            return None, ""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        front_door = scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET"
        if not front_door and headers.get(b"sec-fetch-site", "none") not in ("same-origin", "none"):
            return None, ""
        known = self.access.holder(headers.get(b"cookie", ""))
        tokens = urllib.parse.parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        if not front_door or known == "owner" or len(tokens) != 1:
            return known, ""
        role = self.access.redeem(tokens[0])
        return role or known, self.access.cookie(role) if role else ""


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        # Before it was accepted; the server makes a 403 without a body of it.
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _add(message: MutableMapping[str, Any], headers: dict[str, str]) -> None:
    """Put headers into an answer that does not have them yet."""
    stated = {name.lower() for name, _ in message["headers"]}
    more = [(name.encode(), value.encode()) for name, value in headers.items() if name.encode() not in stated]
    message["headers"] = [*message["headers"], *more]


def _equal(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
