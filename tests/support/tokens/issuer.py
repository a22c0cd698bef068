"""A real issuer of tokens for tests: its documents over HTTP, its keys and its tokens."""

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
    """Create a private key, RSA or on a curve, with these parameters in its JWKS entry."""
    parameters: Any = {"kid": uuid4().hex, "use": "sig", **header}
    if kind == "RSA":
        return RSAKey.generate_key(2048, parameters)
    if kind == "Ed25519":
        return OKPKey.generate_key("Ed25519", parameters)
    return ECKey.generate_key(kind, parameters)


def encode_part(value: object) -> str:
    """Encode bytes, or a value as JSON, as a part of a token."""
    return urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


def sign_token(key: Key, header: object, claims: object, *, algorithm: str = "ES256") -> str:
    """Sign a token of these two parts by an algorithm, whatever its header says."""
    message = f"{encode_part(header)}.{encode_part(claims)}"
    return f"{message}.{encode_part(JWSRegistry.algorithms[algorithm].sign(message.encode(), key))}"


@dataclass
class TestIssuer:
    """An issuer at `address`, whose documents can be changed while it serves."""

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
        """Return the settings of a server that accepts its tokens."""
        environment = {"PURSUIT_OIDC_ISSUER": self.address, "PURSUIT_OIDC_AUDIENCE": AUDIENCE}
        return environment | ({"PURSUIT_OIDC_ROLE_CLAIM": role_claim} if role_claim else {})

    def discovery(self, **changes: Any) -> Response:
        """Return its discovery document."""
        return JSONResponse({"issuer": self.address, "jwks_uri": f"{self.address}/keys", **changes})

    def header(self) -> Json:
        """Return a valid header."""
        return {"alg": "ES256", "typ": "JWT", "kid": self.keys[-1].kid}

    def claims(self, email: str, **changes: Any) -> Json:
        """Return valid claims about a person."""
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
        """Return a valid token of a person, signed with the newest key."""
        return sign_token(self.keys[-1], self.header(), self.claims(email, **changes))

    async def respond(self, request: Request) -> Response:
        """Return one of its two documents, or a test's replacement."""
        name = "keys" if request.url.path.endswith("keys") else "discovery"
        self.requests.append(name)
        await asyncio.sleep(self.delay)
        document = self.discovery() if name == "discovery" else JSONResponse(self.jwks())
        return self.replacements.get(name, document)

    def jwks(self) -> Mapping[str, object]:
        """Return its public keys."""
        return {"keys": [key.as_dict(private=isinstance(key, OctKey)) for key in self.keys]}


class _ServerWithoutSignals(uvicorn.Server):
    """A server that leaves signals to the test run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def running_issuer() -> AsyncIterator[TestIssuer]:
    """Serve an issuer while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        issuer = TestIssuer(port=int(listener.getsockname()[1]))
        async with serve_issuer(issuer, listener):
            yield issuer


@asynccontextmanager
async def serve_issuer(issuer: TestIssuer, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the issuer on this socket while the block runs."""
    paths = (f"{PATH}/.well-known/openid-configuration", f"{PATH}/keys", "/keys")
    app = Starlette(routes=[Route(path, issuer.respond) for path in paths])
    server = _ServerWithoutSignals(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
