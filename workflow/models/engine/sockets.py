"""Options of the sockets to PostgreSQL, so that a connection to a machine that is gone ends by itself."""

import socket
from typing import Any

from workflow.models.engine.timeouts import DEAD_SECONDS

SILENCE_SECONDS = 4
"""Seconds without traffic, after which the system probes a connection."""
PROBE_SECONDS = 2
PROBES = (DEAD_SECONDS - SILENCE_SECONDS) // PROBE_SECONDS

KEEPALIVE_SETTINGS = {
    "tcp_keepalives_idle": str(SILENCE_SECONDS),
    "tcp_keepalives_interval": str(PROBE_SECONDS),
    "tcp_keepalives_count": str(PROBES),
    "tcp_user_timeout": str(1000 * DEAD_SECONDS),
}
"""The same options for PostgreSQL's end of the connection."""
_OPTIONS = {
    "TCP_KEEPIDLE": SILENCE_SECONDS,
    "TCP_KEEPINTVL": PROBE_SECONDS,
    "TCP_KEEPCNT": PROBES,
    "TCP_USER_TIMEOUT": 1000 * DEAD_SECONDS,
}


def close_when_dead(connection: Any) -> None:
    """Let the system close a connection whose other end does not acknowledge what was sent."""
    # asyncpg has no setting for it.
    found = connection._transport.get_extra_info("socket")
    if found is None or found.family not in (socket.AF_INET, socket.AF_INET6):
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS.items():
        # Not every system has every option.
        if (option := getattr(socket, name, None)) is not None:
            found.setsockopt(socket.IPPROTO_TCP, option, value)
