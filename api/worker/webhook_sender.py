"""Webhook sender: renders and signs an event, checks the receiver's address, and posts the request."""

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
from workflow.operations.core.vault import NoSecretKeyError, Vault
from workflow.operations.webhooks.delivery import DeliveryOutcome, LeasedDelivery
from workflow.queries.events.events import EventRow
from workflow.rules.events.webhook_addresses import UnsafeUrlError, choose_address, parse_webhook_url
from workflow.rules.events.webhook_signing import message_id, sign

DELIVERY_TIMEOUT = 15.0
"""Seconds from the lookup of the host name to the last byte that is read."""
MAX_BODY_BYTES = 20_000
MAX_SMALL_VALUE_BYTES = 1_024
"""Size below which a value is never left out of a body."""
MAX_ERROR_BYTES = 1_024
"""Bytes read of the body of an error response."""
ERROR_READ_TIMEOUT = 2.0
"""Seconds in which the body of an error response is read."""
MAX_DNS_LOOKUPS = 64
"""Concurrent lookups of host names, each of which blocks a thread."""
USER_AGENT = "Pursuit-Webhooks/1"


class WebhookSender:
    """Posts deliveries to the receivers of webhooks."""

    def __init__(self, vault: Vault, *, allow_private: bool, timeout: float = DELIVERY_TIMEOUT) -> None:
        self._vault = vault
        self._allow_private = allow_private
        self._timeout = timeout
        self._resolvers = ThreadPoolExecutor(MAX_DNS_LOOKUPS, "webhook-names")
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(),
            # Connections are not reused: two hosts may share an address, and TLS is verified for one.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            timeout=timeout,
            follow_redirects=False,
            # A proxy of the environment would resolve names again, past the check of addresses.
            trust_env=False,
        )

    async def send(self, delivery: LeasedDelivery, now: datetime) -> DeliveryOutcome:
        """Send a delivery once, and return the outcome of any failure as well."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(delivery, now)
        except (TimeoutError, httpx.TimeoutException):
            return DeliveryOutcome(None, f"The receiver did not respond within {self._timeout:g} seconds.")
        except UnsafeUrlError as fault:
            return DeliveryOutcome(None, f"{fault} Change the endpoint's `url`.")
        except NoSecretKeyError as fault:
            remedy = "Set the key that encrypted it, or give the endpoint a new secret."
            return DeliveryOutcome(None, f"{fault} {remedy}")
        except OSError as fault:
            return DeliveryOutcome(
                None, f"The receiver's host was not found or refused the connection: {fault}."
            )
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            return DeliveryOutcome(
                None, f"The receiver could not be reached: {fault or type(fault).__name__}."
            )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    async def _post(self, delivery: LeasedDelivery, now: datetime) -> DeliveryOutcome:
        target = parse_webhook_url(delivery.url, allow_private=self._allow_private)
        address = choose_address(
            await self._resolve(target.host, target.port), allow_private=self._allow_private
        )
        body = render_body(delivery.event)
        id = message_id(delivery.event.id)
        secrets = [self._vault.decrypt(encrypted) for encrypted in delivery.encrypted_secrets]
        request = self._client.build_request(
            "POST",
            # The address that was checked, not the name: a second lookup could return another address.
            httpx.URL(scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode()),
            content=body,
            headers={
                "Host": target.authority,
                "Content-Type": "application/json",
                # The beginning of an error is read as it arrives, without decompression.
                "Accept-Encoding": "identity",
                "User-Agent": USER_AGENT,
                "webhook-id": id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": sign(secrets, id, now, body),
            },
            extensions={"sni_hostname": target.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            return delivery_outcome(response, "" if response.is_success else await _read_error(response), now)
        finally:
            await response.aclose()

    async def _resolve(self, host: str, port: int) -> list[str]:
        """Return all addresses of a host name."""
        loop = asyncio.get_running_loop()
        lookup: Callable[[], Any] = lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # noqa: E731
        found = await loop.run_in_executor(self._resolvers, lookup)
        return [str(one[4][0]) for one in found]


def render_body(event: EventRow) -> bytes:
    """Render the body of a delivery; above 20 kB, leave out the largest changes, listed in `leftOut`."""
    data: dict[str, Any] = {"id": ids.encode("Event", event.id), "cursor": event.position.cursor()}
    data |= payloads.encode_ids(event.payload)
    changes = dict(data.get("changes") or {})
    left_out: list[str] = []
    while len(body := _body(event, data)) >= MAX_BODY_BYTES and changes:
        largest = max(changes, key=lambda name: len(_json(changes[name])))
        left_out.append(largest)
        del changes[largest]
        data |= {"changes": changes, "leftOut": sorted(left_out)}
    if len(body) < MAX_BODY_BYTES:
        return body
    small = {name: value for name, value in data.items() if len(_json(value)) < MAX_SMALL_VALUE_BYTES}
    return _body(event, {**small, "leftOut": sorted({*left_out, *(data.keys() - small.keys())})})


def delivery_outcome(response: httpx.Response, text: str, now: datetime) -> DeliveryOutcome:
    """Convert the response of a receiver, with the text of an error, to an outcome."""
    if response.is_success:
        return DeliveryOutcome(response.status_code)
    if response.is_redirect or response.status_code in range(300, 400):
        fault = f"The receiver responded with {response.status_code}, a redirect. Redirects are not followed."
        return DeliveryOutcome(response.status_code, f"{fault} Change the endpoint's `url`.")
    fault = f"The receiver responded with {response.status_code}" + (f": {text}" if text else ".")
    retry_after = _parse_retry_after(response.headers.get("Retry-After", ""), now)
    return DeliveryOutcome(
        response.status_code, fault, gone=response.status_code == 410, retry_after=retry_after
    )


def _parse_retry_after(text: str, now: datetime) -> timedelta | None:
    """Parse a Retry-After header, which has seconds or a date."""
    if text.isascii() and text.isdigit():
        # A receiver may send any number of digits, and `timedelta` has a limit.
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta())


async def _read_error(response: httpx.Response) -> str:
    """Return the beginning of the body, as much as arrives in time."""
    read = b""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(ERROR_READ_TIMEOUT):
            async for part in response.aiter_raw():
                read += part
                if len(read) >= MAX_ERROR_BYTES:
                    break
    return read[:MAX_ERROR_BYTES].decode(errors="replace").strip()


def _body(event: EventRow, data: dict[str, Any]) -> bytes:
    return _json({"type": event.type, "timestamp": event.at.isoformat(), "data": data})


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
