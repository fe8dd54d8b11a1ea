"""Tokens are good once, cookies only where they were made, and nobody comes in from elsewhere."""

import os
import stat

import pytest

from primordia.observatory.serving import access
from primordia.observatory.serving.access import Access

HOME = [(b"host", b"127.0.0.1:8000")]


def judged(headers, *, socket=False):
    return Access(b"k" * 32, 8000).at_home(headers, origin_needed=socket)


def test_the_owners_token_is_good_once_and_the_guests_for_many():
    door = Access(b"k" * 32, 8000)
    owner, guest = (door.address(role).partition("token=")[2] for role in access.ROLES)
    assert owner != guest
    assert [door.redeem(owner), door.redeem(owner)] == ["owner", None]
    assert [door.redeem(guest), door.redeem(guest)] == ["guest", "guest"]
    assert [door.redeem(""), door.redeem(owner[:-1]), door.redeem("é")] == [None, None, None]


def test_an_address_says_the_page_behind_its_token():
    address = Access(b"k" * 32, 8000).address("owner", "/run/7")
    assert address.startswith("http://127.0.0.1:8000/?token=")
    assert address.endswith("#/run/7")


def test_a_cookie_speaks_for_its_role_until_it_is_altered_or_old(monkeypatch):
    door = Access(b"k" * 32, 8000)
    for role in access.ROLES:
        cookie = door.cookie(role)
        assert "HttpOnly; SameSite=Strict" in cookie
        assert door.holder("a=b; " + cookie.partition(";")[0]) == role
    value = door.cookie("guest").partition(";")[0]
    assert door.holder(value.replace("guest", "owner")) is None
    assert door.holder(value[:-1] + ("0" if value[-1] != "0" else "1")) is None
    assert door.holder(value.rpartition(".")[0]) is None
    assert Access(b"K" * 32, 8000).holder(value) is None
    assert Access(b"k" * 32, 8001).holder(value.replace("8000", "8001")) is None
    now = access.time.time()
    monkeypatch.setattr(access.time, "time", lambda: now + access.COOKIE_SECONDS)
    assert door.holder(value) is None


@pytest.mark.parametrize("header", ["", "primordia_8000=", "primordia_8000=a.b.c", "primordia_8000=.", ";;=", "\x00"])
def test_what_is_no_cookie_of_ours_speaks_for_nobody(header):
    assert Access(b"k" * 32, 8000).holder(header) is None


@pytest.mark.parametrize(
    "headers",
    [[], [(b"host", b"127.0.0.1")], [(b"host", b"127.0.0.1:8001")], [(b"host", b"evil.example:8000")], HOME * 2,
     [(b"host", b"127.0.0.1:8000.evil.example")], [*HOME, (b"origin", b"null")],
     [*HOME, (b"origin", b"http://evil.example")], [*HOME, (b"origin", b"http://127.0.0.1:8001")],
     [*HOME, (b"origin", b"https://127.0.0.1:8000")], [*HOME, (b"origin", b"http://localhost:8000")],
     [*HOME, (b"origin", b"http://127.0.0.1:8000"), (b"origin", b"http://127.0.0.1:8000")]],
)  # fmt: skip
def test_a_request_from_or_for_elsewhere_is_not_at_home(headers):
    assert not judged(headers)
    assert not judged(headers, socket=True)


def test_a_request_to_us_from_us_is_at_home_and_a_socket_must_say_where_it_is_from():
    stated = [(b"Host", b"localhost:8000"), (b"Origin", b"http://localhost:8000")]
    assert judged(stated)
    assert judged(stated, socket=True)
    assert judged(HOME)
    assert not judged(HOME, socket=True)


def test_the_key_is_kept_for_its_owner_alone(tmp_path):
    first = access.key(tmp_path / "runs")
    file = tmp_path / "runs" / ".observatory" / "key"
    assert access.key(tmp_path / "runs") == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.write_text("short")
    assert len(access.key(tmp_path / "runs")) == access.KEY_BYTES


def test_a_key_that_others_can_read_is_made_anew(tmp_path):
    first = access.key(tmp_path)
    os.chmod(tmp_path / ".observatory" / "key", 0o644)
    assert access.key(tmp_path) != first
    assert access.key(tmp_path) == access.key(tmp_path)


def test_without_a_place_to_keep_it_a_key_still_serves(tmp_path):
    (tmp_path / "runs").write_text("a file where the folder should be")
    assert len(access.key(tmp_path / "runs")) == access.KEY_BYTES
