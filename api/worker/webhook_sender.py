"""How a fact is sent to a webhook: rendered, signed, and posted to an address that was looked at first."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from schema.core import ids, payloads
from workflow.operations.core.vault import NoKey, Vault
from workflow.operations.webhooks.delivery import Outcome, Parcel
from workflow.queries.events.events import EventRow
from workflow.rules.events.webhook_addresses import Unfit, target_of, vetted
from workflow.rules.events.webhook_signing import message_id, signatures

SECONDS = 15.0
"""From looking up the name to the last byte that is read."""
LONGEST_BODY = 20_000
READ, READING = 1_024, 2.0
"""Bytes of a refusal's text that are read at most, and the seconds it may take to tell them."""
LOOKUPS = 64
"""Names that are looked up at once; the machine's resolver may take long for each."""
AGENT = "Pursuit-Webhooks/1"


class Sender:
    """Posts parcels, each on a connection of its own: one that is kept could be met again under another host's name."""

    def __init__(self, vault: Vault, *, private: bool, seconds: float = SECONDS) -> None:
        self._vault, self._private, self._seconds = vault, private, seconds
        self._resolvers = ThreadPoolExecutor(LOOKUPS, "webhook-names")
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, parcel: Parcel, now: datetime) -> Outcome:
        """Send it once; whatever goes wrong is said in the outcome."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._posted(parcel, now)
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(None, f"The receiver did not answer within {self._seconds:g} seconds.")
        except Unfit as fault:
            return Outcome(None, f"{fault} Change the endpoint's `url`.")
        except NoKey as fault:
            return Outcome(None, f"{fault} Set the key it was made under, or let the endpoint have a new secret.")
        except OSError as fault:
            return Outcome(None, f"The receiver's name was not found, or nobody answers there: {fault}.")
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            return Outcome(None, f"The receiver could not be reached: {fault or type(fault).__name__}.")

    async def close(self) -> None:
        """No more connections."""
        await self._client.aclose()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def _posted(self, parcel: Parcel, now: datetime) -> Outcome:
        target = target_of(parcel.url, private=self._private)
        address = vetted(await self._addresses(target.host, target.port), private=self._private)
        body, id = rendered(parcel.event), message_id(parcel.event.id)
        secrets = [self._vault.open(sealed) for sealed in parcel.sealed_secrets]
        request = self._client.build_request(
            "POST",
            httpx.URL(scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode()),
            content=body,
            headers={
                "Host": target.authority,
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": AGENT,
                "webhook-id": id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": signatures(secrets, id, now, body),
            },
            extensions={"sni_hostname": target.host},
        )
        answer = await self._client.send(request, stream=True)
        try:
            return outcome_of(answer, "" if answer.is_success else await _beginning(answer), now)
        finally:
            await answer.aclose()

    async def _addresses(self, host: str, port: int) -> list[str]:
        """All that the name stands for, asked once; the connection then goes to one of them."""
        loop = asyncio.get_running_loop()
        lookup: Callable[[], Any] = lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # noqa: E731
        found = await loop.run_in_executor(self._resolvers, lookup)
        return [str(one[4][0]) for one in found]


def rendered(event: EventRow) -> bytes:
    """The body: type, time and data, below 20 kB; the largest changes are left out where it would be more, and named."""
    data: dict[str, Any] = {"id": ids.encode("Event", event.id), "cursor": event.place.cursor()}
    data |= payloads.told(event.payload)
    changes, left_out = dict(data.get("changes") or {}), []
    while len(body := _body(event, data)) >= LONGEST_BODY and changes:
        largest = max(changes, key=lambda name: len(_json(changes[name])))
        left_out.append(largest)
        del changes[largest]
        data |= {"changes": changes, "leftOut": sorted(left_out)}
    if len(body) < LONGEST_BODY:
        return body
    kept = {name: value for name, value in data.items() if len(_json(value)) < READ}
    return _body(event, {**kept, "leftOut": sorted({*left_out, *(data.keys() - kept.keys())})})


def outcome_of(answer: httpx.Response, text: str, now: datetime) -> Outcome:
    """What an answer means."""
    if answer.is_success:
        return Outcome(answer.status_code)
    if answer.is_redirect or answer.status_code in range(300, 400):
        fault = f"The receiver answered {answer.status_code}, another address: redirects are not followed."
        return Outcome(answer.status_code, f"{fault} Change the endpoint's `url`.")
    fault = f"The receiver answered {answer.status_code}" + (f": {text}" if text else ".")
    asked = _retry_after(answer.headers.get("Retry-After", ""), now)
    return Outcome(answer.status_code, fault, gone=answer.status_code == 410, retry_after=asked)


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """How long the receiver asks to be left alone: seconds, or a date."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta())


async def _beginning(answer: httpx.Response) -> str:
    """The beginning of the answer's text, and no more of it than comes soon."""
    read = b""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(READING):
            async for part in answer.aiter_raw():
                read += part
                if len(read) >= READ:
                    break
    return read[:READ].decode(errors="replace").strip()


def _body(event: EventRow, data: dict[str, Any]) -> bytes:
    return _json({"type": event.type, "timestamp": event.at.isoformat(), "data": data})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
