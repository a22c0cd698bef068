"""A real issuer of tokens for tests: its documents over HTTP on this machine, its keys, and what it signs."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import uvicorn
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

AUDIENCE = "pursuit"
PATH = "/realms/acme"
Key = RSAKey | ECKey | OKPKey | OctKey
Json = dict[str, Any]  # Any: JSON values of every kind, wrong ones too


def new_key(kind: str = "P-256", **header: Any) -> Key:
    """A private key, RSA or on the curve that is named, with what its JWKS entry says of it."""
    parameters: Any = {"kid": uuid4().hex, "use": "sig", **header}
    if kind == "RSA":
        return RSAKey.generate_key(2048, parameters)
    if kind == "Ed25519":
        return OKPKey.generate_key("Ed25519", parameters)
    return ECKey.generate_key(kind, parameters)


def encode_part(value: object) -> str:
    """Bytes, or a value as JSON, as a part of a token."""
    return urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


def sign_token(key: Key, header: object, claims: object, *, algorithm: str = "ES256") -> str:
    """A token of these two parts, signed with the key as the algorithm does it, whatever the header says."""
    message = f"{encode_part(header)}.{encode_part(claims)}"
    return f"{message}.{encode_part(JWSRegistry.algorithms[algorithm].sign(message.encode(), key))}"


@dataclass
class TestIssuer:
    """An issuer that answers at `address`; what it tells can be changed while it serves."""

    __test__ = False

    port: int
    keys: list[Key] = field(default_factory=lambda: [new_key()])
    requests: list[str] = field(default_factory=list)
    replacements: dict[str, Response] = field(default_factory=dict)
    delay: float = 0.0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def server_settings(self, role_claim: str | None = None) -> dict[str, str]:
        """What the environment of a server says that takes its tokens."""
        environment = {"PURSUIT_OIDC_ISSUER": self.address, "PURSUIT_OIDC_AUDIENCE": AUDIENCE}
        return environment | ({"PURSUIT_OIDC_ROLE_CLAIM": role_claim} if role_claim else {})

    def discovery(self, **changes: Any) -> Response:
        """Its discovery document."""
        return JSONResponse({"issuer": self.address, "jwks_uri": f"{self.address}/keys", **changes})

    def header(self) -> Json:
        """A good token's header."""
        return {"alg": "ES256", "typ": "JWT", "kid": self.keys[-1].kid}

    def claims(self, email: str, **changes: Any) -> Json:
        """What it says of a person."""
        now = int(datetime.now(UTC).timestamp())
        about = {"email": email, "email_verified": True, "sub": uuid4().hex}
        return {
            "iss": self.address,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            **about,
            **changes,
        }

    def token(self, email: str, **changes: Any) -> str:
        """A good token for the person, signed with the newest key."""
        return sign_token(self.keys[-1], self.header(), self.claims(email, **changes))

    async def respond(self, request: Request) -> Response:
        """One of its two documents, or what a test has put in the place of it."""
        name = "keys" if request.url.path.endswith("keys") else "discovery"
        self.requests.append(name)
        await asyncio.sleep(self.delay)
        document = self.discovery() if name == "discovery" else JSONResponse(self.jwks())
        return self.replacements.get(name, document)

    def jwks(self) -> Mapping[str, object]:
        """Its keys without what is private."""
        return {"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in self.keys]}


class _ServerWithoutSignals(uvicorn.Server):
    """A server that leaves signals to the test run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def running_issuer() -> AsyncIterator[TestIssuer]:
    """An issuer that answers while the block runs; afterwards nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        issuer = TestIssuer(port=int(listener.getsockname()[1]))
        async with serve_issuer(issuer, listener):
            yield issuer


@asynccontextmanager
async def serve_issuer(issuer: TestIssuer, listener: socket.socket) -> AsyncIterator[None]:
    """The issuer answers at this door while the block runs."""
    paths = (f"{PATH}/.well-known/openid-configuration", f"{PATH}/keys", "/keys")
    app = Starlette(routes=[Route(path, issuer.respond) for path in paths])
    server = _ServerWithoutSignals(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
