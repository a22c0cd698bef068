"""`pursuit serve` checks the address and the database before it starts."""

import socket
from pathlib import Path

from tests.support.serving import pursuit, serving


def files(folder: Path) -> list[Path]:
    """Return the names in a folder."""
    return list(folder.iterdir())


async def test_a_port_in_use_is_reported_before_anything_is_prepared(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/absent.db"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await pursuit("serve", "--demo", "--port", port, environ={"PURSUIT_DATABASE_URL": url})

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert f"Cannot listen on 127.0.0.1:{port}: " in ended.err
    assert files(tmp_path) == []


async def test_a_second_server_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/pursuit.db"
    await pursuit("migrate", environ={"PURSUIT_DATABASE_URL": url})

    async with serving(url):
        second = await pursuit("serve", "--port", "1", environ={"PURSUIT_DATABASE_URL": url})

    assert (second.code, second.err.count("\n")) == (1, 1)
    assert "SQLite allows one" in second.err
