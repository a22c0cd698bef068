"""Static files over HTTP: hashed names are cached for good, others are revalidated, large ones compressed."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import api.app
from api.app import create_app
from api.config.settings import Settings
from api.http.static_files import HASHED_NAME
from tests.support.answers import decompress
from tests.support.serving import ROOT, Server
from tests.support.subscription_clients import serving_in_process

HASHED = "/static/page.0f3c9a5b77e1.js"
SCRIPT = b"console.log('a line of a script');\n" * 5_000
TEXT = b"a line of a licence\n" * 100
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
async def static_server(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Server]:
    """Yield a server with static files of its own."""
    (tmp_path / "page.0f3c9a5b77e1.js").write_bytes(SCRIPT)
    (tmp_path / "LICENSE.react.txt").write_bytes(TEXT)
    (tmp_path / "small.js").write_bytes(b"1")
    monkeypatch.setattr(api.app, "STATIC", tmp_path)
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))
    async with serving_in_process(app) as server:
        yield server


async def get(server: Server, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """Return an answer and its body as sent."""
    sent = {"Accept-Encoding": "identity", **{name.replace("_", "-"): text for name, text in headers.items()}}
    async with server.client() as client, client.stream("GET", path, headers=sent) as answer:
        return answer, b"".join([chunk async for chunk in answer.aiter_raw()])


@pytest.mark.parametrize(
    ("path", "body", "caching"),
    [
        (HASHED, SCRIPT, IMMUTABLE),
        ("/static/LICENSE.react.txt", TEXT, "no-cache"),
        ("/static/small.js", b"1", "no-cache"),
    ],
)
async def test_only_a_file_with_a_hash_in_its_name_is_cached_for_good(
    static_server: Server, path: str, body: bytes, caching: str
) -> None:
    answer, sent = await get(static_server, path)

    assert (answer.status_code, answer.headers["Cache-Control"], sent) == (200, caching, body)
    assert answer.headers["ETag"].startswith('W/"')
    assert "Last-Modified" in answer.headers


@pytest.mark.parametrize("path", [HASHED, "/static/LICENSE.react.txt"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
async def test_a_file_over_a_thousand_bytes_is_compressed(
    static_server: Server, path: str, encoding: str
) -> None:
    plain, body = await get(static_server, path)
    answer, sent = await get(static_server, path, Accept_Encoding=encoding)

    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert decompress(encoding, sent) == body
    assert len(sent) < len(body) / 10


async def test_a_small_file_is_sent_as_it_is(static_server: Server) -> None:
    answer, sent = await get(static_server, "/static/small.js", Accept_Encoding="gzip, br, zstd")

    assert sent == b"1"
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", [HASHED, "/static/LICENSE.react.txt"])
@pytest.mark.parametrize("encoding", ["identity", "gzip, br, zstd"])
@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
async def test_a_file_that_the_client_has_is_not_sent_again(
    static_server: Server, path: str, encoding: str, validator: str
) -> None:
    first, _ = await get(static_server, path, Accept_Encoding=encoding)
    condition = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[validator]

    again, sent = await get(
        static_server, path, Accept_Encoding=encoding, **{condition: first.headers[validator]}
    )

    assert (again.status_code, sent) == (304, b"")
    assert [again.headers[name] for name in ("ETag", "Cache-Control")] == [
        first.headers[name] for name in ("ETag", "Cache-Control")
    ]
    assert again.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in again.headers


async def test_a_changed_file_is_sent_again(static_server: Server, tmp_path: Path) -> None:
    first, _ = await get(static_server, "/static/small.js")
    (tmp_path / "small.js").write_bytes(b"22")

    again, sent = await get(static_server, "/static/small.js", If_None_Match=first.headers["ETag"])

    assert (again.status_code, sent) == (200, b"22")


@pytest.mark.parametrize("path", ["/static/missing.js", "/static/../app.py", "/static/"])
async def test_what_is_not_there_is_answered_with_404(static_server: Server, path: str) -> None:
    answer, _ = await get(static_server, path)

    assert answer.status_code == 404
    assert "Cache-Control" not in answer.headers


async def test_before_the_build_every_file_is_missing(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(api.app, "STATIC", tmp_path / "not built")
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))

    async with serving_in_process(app) as server:
        answer, _ = await get(server, HASHED)

    assert answer.status_code == 404


def test_the_build_puts_a_hash_in_the_name_of_each_file_that_the_page_loads() -> None:
    page = (ROOT / "web" / "index.html").read_text()
    build = (ROOT / "web" / "build.mjs").read_text()
    loaded = set(re.findall(r'"/static/graphiql/([^"]+)"', page))
    built = re.search(r"const files = \[(.*?)\n\];", build, re.DOTALL)
    length = re.search(r"\.slice\(0, (\d+)\)", build)

    assert built
    assert length
    assert loaded == set(re.findall(r'"([\w.-]+\.(?:js|css))"', built[1]))
    assert HASHED_NAME.search(f"page.{'0f' * 20}"[: len("page.") + int(length[1])] + ".js")
