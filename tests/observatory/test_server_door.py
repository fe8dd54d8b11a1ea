"""What a server gives to whom: everything that is not ours, or not for them, is 403 and not a word."""

import gzip
import http.client
import socket

import pytest
from serving import Served
from websockets.exceptions import InvalidStatus

import runs
from primordia.core.errors import BadInputError
from primordia.observatory.serving import files
from primordia.observatory.serving.server import Observatory


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("door") / "runs"
    folder = runs.start(root, views_every=20).folder.path
    (folder / "notes.txt").write_text("a note")
    (folder / "secret.key").write_text("no")
    (folder / "link.txt").symlink_to("/etc/hostname")
    (folder / ".hidden.txt").write_text("no")
    (root / "outside.txt").write_text("no")
    (root.parent / "above.txt").write_text("no")
    return root


@pytest.fixture(scope="module")
def served(root):
    served = Served(root)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def run(root):
    (folder,) = (root / "tests" / "walk").iterdir()
    return folder.name


def refused(answer):
    return (answer.status, answer.content) == (403, b"")


def test_the_token_opens_once_and_leaves_a_cookie(served):
    path = served.observatory.access.address("owner").partition(f":{served.port}")[2]
    opened = served.get(path)
    assert opened.status == 200
    assert b"<title>primordia</title>" in opened.content
    assert refused(served.get(path))
    cookie = opened.getheader("set-cookie").partition(";")[0]
    assert served.get("/", cookie=cookie).status == 200
    assert served.get(path, cookie=cookie).status == 200


def test_a_head_request_such_as_for_a_preview_spends_no_token(root):
    served = Served(root)
    try:
        path = served.observatory.access.address("owner").partition(f":{served.port}")[2]
        assert served.get(path, "HEAD").status == 403
        assert served.get(path).status == 200
    finally:
        served.stop()


def test_every_answer_says_what_a_page_may_do(served):
    answer = served.get("/static/link/protocol.js", cookie=served.cookie())
    policy = answer.getheader("content-security-policy")
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.getheader("x-content-type-options") == "nosniff"
    assert answer.getheader("referrer-policy") == "no-referrer"
    assert answer.getheader("content-type") == "text/javascript; charset=utf-8"
    assert served.get("/", cookie=served.cookie()).getheader("cache-control") == "no-store"


def test_files_of_a_run_may_show_themselves_and_do_nothing(served, run):
    for name in ("report.html", "notes.txt", "views/ring/step_000000000020.png", "run.json"):
        answer = served.get(f"/runs/{run}/{name}", cookie=served.cookie())
        assert answer.status == 200, name
        assert "sandbox" in answer.getheader("content-security-policy")
        assert "default-src 'none'" in answer.getheader("content-security-policy")


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/?token=a&token=b", "/static/link/protocol.js",
                                  "/runs/RUN/notes.txt", "/made/a.png", "/nothing", "/socket"])  # fmt: skip
def test_without_token_or_cookie_there_is_nothing(served, run, path):
    assert refused(served.get(path.replace("RUN", run)))


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"host": "127.0.0.1:1"}, {"origin": "http://evil.example"}, {"origin": "null"},
     {"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}],
)  # fmt: skip
def test_a_cookie_does_not_help_a_stranger(served, run, headers):
    known = {"cookie": served.cookie(), **headers}
    assert refused(served.get(f"/runs/{run}/notes.txt", **known))
    if "sec_fetch_site" not in headers:
        assert refused(served.get("/", **known))


@pytest.mark.parametrize(
    "name",
    ["../../../outside.txt", "..%2f..%2f..%2foutside.txt", "%2e%2e/%2e%2e/%2e%2e/outside.txt", "../" * 9 + "etc/passwd",
     "%2fetc%2fpasswd", "/etc/hostname", "views/../notes.txt", "./notes.txt", "link.txt", ".hidden.txt", "secret.key",
     "checkpoints/step_000000000040/state.json", "views", "", "views/ring", "notes.txt%00.png", "nothing.txt",
     "..\\..\\outside.txt", "metrics.jsonl", "lock"],
)  # fmt: skip
def test_nothing_outside_a_run_or_not_for_eyes_goes_out(served, run, name):
    assert refused(served.get(f"/runs/{run}/{name}", cookie=served.cookie()))


@pytest.mark.parametrize("run", ["..", ".", "%2e%2e", "tests", "nothing", "*", "..%2f..", "a%00b", "latest"])
def test_what_is_no_run_has_no_files(served, run):
    assert refused(served.get(f"/runs/{run}/notes.txt", cookie=served.cookie()))
    assert refused(served.get(f"/runs/{run}/outside.txt", cookie=served.cookie()))


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/", "/static/nothing.js",
                                  "/made/../outside.txt", "/made/.x.png", "/../../above.txt"])  # fmt: skip
def test_nothing_outside_of_our_own_folders_goes_out(served, path):
    assert refused(served.get(path, cookie=served.cookie()))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_only_reading_is_served(served, method):
    assert refused(served.get("/", method, cookie=served.cookie()))


@pytest.mark.parametrize(
    "headers",
    [{"Cookie": "primordia=1"}, {"Origin": "http://evil.example"}, {"Host": "evil.example"},
     {"Sec-Fetch-Site": "cross-site"}],
)  # fmt: skip
def test_a_socket_of_a_stranger_is_not_opened(served, headers):
    request = {
        "Host": f"127.0.0.1:{served.port}", "Origin": f"http://127.0.0.1:{served.port}", "Cookie": served.cookie(),
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers,
    }  # fmt: skip
    lines = ["GET /socket HTTP/1.1", *(f"{name}: {value}" for name, value in request.items()), "", ""]
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as talking:
        talking.sendall("\r\n".join(lines).encode())
        answer = http.client.HTTPResponse(talking)
        answer.begin()
        assert (answer.status, answer.read()) == (403, b"")


def test_a_socket_without_cookie_is_not_opened(served):
    with pytest.raises(InvalidStatus) as raised, served.page(cookie="a=b"):
        pass
    assert raised.value.response.status_code == 403


def test_a_cookie_survives_a_restart(root):
    served = Served(root)
    cookie = served.cookie()
    served.stop()
    again = Served(root, served.port)
    try:
        assert again.get("/", cookie=cookie).status == 200
        with again.page(cookie=cookie) as page:
            assert page.welcome["read_only"] is False
    finally:
        again.stop()


def test_a_port_that_is_taken_or_none_is_refused_in_a_sentence(served, tmp_path):
    with pytest.raises(BadInputError, match=f"Port {served.port} cannot be used"):
        Observatory(tmp_path, served.port)
    with pytest.raises(BadInputError, match="port=65536 is out of range"):
        Observatory(tmp_path, 65536)


def test_the_page_is_sent_small_to_those_who_can_unpack_it(served):
    plain = served.get("/static/pages/run_page.js", cookie=served.cookie()).content
    packed = served.get("/static/pages/run_page.js", cookie=served.cookie(), accept_encoding="gzip").content
    assert gzip.decompress(packed) == plain == (files.STATIC / "pages" / "run_page.js").read_bytes()
    assert len(packed) < len(plain) / 2
