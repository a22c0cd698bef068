"""Tokens that must be refused, by name: forged, manipulated, for another audience, or expired."""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import OctKey, RSAKey

from tests.support.tokens.issuer import Json, Key, TestIssuer, encode_part, new_key, sign_token

Forger = Callable[[TestIssuer], str]
EMAIL = "mallory@example.com"
OTHER_KEY = new_key()
SHARED_SECRET = OctKey.generate_key(256, {"kid": "shared"})
WEAK_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)
WEAK_KEY = RSAKey(WEAK_RSA, WEAK_RSA, {"kid": "weak"})
ENCRYPTION_KEY = new_key(kid="sealing", use="enc")
RS256_KEY = new_key("RSA", kid="bound", alg="RS256")
SECP256K1_KEY = new_key("secp256k1", kid="koblitz")
PUBLISHED_KEYS: tuple[Key, ...] = (
    SHARED_SECRET,
    WEAK_KEY,
    ENCRYPTION_KEY,
    RS256_KEY,
    SECP256K1_KEY,
    new_key(),
)
"""Keys in the issuer's JWKS that no token may be signed with, and a valid one."""
DEEP_JSON = b"[" * 3000


def valid_claims(issuer: TestIssuer, **changes: Any) -> Json:
    """Return valid claims of a new person, who would become an admin."""
    return issuer.claims(EMAIL, role="admin", **changes)


def with_header(**changes: Any) -> Forger:
    """Return a function that changes the header, with a valid signature."""
    return lambda issuer: sign_token(issuer.keys[-1], {**issuer.header(), **changes}, valid_claims(issuer))


def without_header(name: str) -> Forger:
    """Return a function that removes a parameter of the header."""
    return lambda issuer: sign_token(issuer.keys[-1], _without(issuer.header(), name), valid_claims(issuer))


def with_claims(**changes: Any) -> Forger:
    """Return a function that changes a claim, signed by the issuer."""
    return lambda issuer: sign_token(issuer.keys[-1], issuer.header(), {**valid_claims(issuer), **changes})


def without_claim(name: str) -> Forger:
    """Return a function that removes a claim, signed by the issuer."""
    return lambda issuer: sign_token(issuer.keys[-1], issuer.header(), _without(valid_claims(issuer), name))


def with_times(seconds: int, *names: str) -> Forger:
    """Return a function that shifts times by seconds, signed by the issuer."""
    return lambda issuer: with_claims(**{name: valid_claims(issuer)["iat"] + seconds for name in names})(
        issuer
    )


def with_issuer(change: Callable[[str], object]) -> Forger:
    """Return a function that changes the issuer's address, signed by the issuer."""
    return lambda issuer: with_claims(iss=change(issuer.address))(issuer)


def signed_with(key: Key, algorithm: str, **changes: Any) -> Forger:
    """Return a function that signs with another key, by the algorithm in the header."""
    return lambda issuer: sign_token(
        key, {**issuer.header(), "alg": algorithm, **changes}, valid_claims(issuer), algorithm=algorithm
    )


def signed_with_public_key(bits: int, secret: Callable[[Key], bytes]) -> Forger:
    """Return a function that signs with the issuer's public key as if it were a shared secret."""

    def forge(issuer: TestIssuer) -> str:
        message = (
            f"{encode_part({**issuer.header(), 'alg': f'HS{bits}'})}.{encode_part(valid_claims(issuer))}"
        )
        return (
            f"{message}.{encode_part(hmac.digest(secret(issuer.keys[-1]), message.encode(), f'sha{bits}'))}"
        )

    return forge


def with_parts(change: Callable[[list[str]], object]) -> Forger:
    """Return a function that changes the three parts of a valid token."""

    def forge(issuer: TestIssuer) -> str:
        token_parts = sign_token(issuer.keys[-1], issuer.header(), valid_claims(issuer)).split(".")
        return ".".join(str(one) for one in change(token_parts))  # type: ignore[attr-defined]  # a list of parts

    return forge


def with_raw_parts(head: object = None, body: object = None) -> Forger:
    """Return a function that signs parts that are not JSON objects."""
    return lambda issuer: sign_token(
        issuer.keys[-1], head or issuer.header(), valid_claims(issuer) if body is None else body
    )


def _without(value: Json, name: str) -> Json:
    return {key: part for key, part in value.items() if key != name}


def _pem(key: Key) -> bytes:
    assert not isinstance(key, OctKey)
    return key.as_pem(private=False)


def _der(key: Key) -> bytes:
    assert not isinstance(key, OctKey)
    return key.as_der(private=False)


ALGORITHMS: Mapping[str, Forger] = {
    "none, unsigned": with_parts(lambda parts: [encode_part({"alg": "none", "typ": "JWT"}), parts[1], ""]),
    "none, with a key": lambda issuer: with_parts(
        lambda parts: [encode_part({**issuer.header(), "alg": "none"}), parts[1], ""]
    )(issuer),
    "none, signed": with_header(alg="none"),
    "None": with_header(alg="None"),
    "nOnE": with_header(alg="nOnE"),
    "HS256 with the public key's PEM": signed_with_public_key(256, _pem),
    "HS384 with the public key's PEM": signed_with_public_key(384, _pem),
    "HS512 with the public key's PEM": signed_with_public_key(512, _pem),
    "HS256 with the public key's DER": signed_with_public_key(256, _der),
    "HS256 with the public key's JWK": signed_with_public_key(
        256, lambda key: json.dumps(key.as_dict(private=False)).encode()
    ),
    "HS256 with a secret that the issuer published": signed_with(SHARED_SECRET, "HS256", kid="shared"),
    "ES256 with the id of a shared secret": with_header(kid="shared"),
    "RS256 with a weak key of the issuer": signed_with(WEAK_KEY, "RS256", kid="weak"),
    "ES256 with a key for encryption": signed_with(ENCRYPTION_KEY, "ES256", kid="sealing"),
    "PS256 with a key for RS256": signed_with(RS256_KEY, "PS256", kid="bound"),
    "ES256K": signed_with(SECP256K1_KEY, "ES256K", kid="koblitz"),
    "RS256 said of an ES256 signature": with_header(alg="RS256"),
    "ES384 said of an ES256 signature": with_header(alg="ES384"),
    "EdDSA said of an ES256 signature": with_header(alg="EdDSA"),
    "an unknown algorithm": with_header(alg="XS256"),
    "an algorithm in small letters": with_header(alg="es256"),
    "an algorithm of encryption": with_header(alg="RSA-OAEP"),
    "no algorithm": without_header("alg"),
    "no algorithm but null": with_header(alg=None),
    "a number as algorithm": with_header(alg=256),
    "a list of algorithms": with_header(alg=["ES256"]),
    "an object as algorithm": with_header(alg={"ES256": 1}),
}
SIGNATURES: Mapping[str, Forger] = {
    "a stranger's key": signed_with(OTHER_KEY, "ES256"),
    "an empty signature": with_parts(lambda parts: [parts[0], parts[1], ""]),
    "a signature of zeros": with_parts(lambda parts: [parts[0], parts[1], encode_part(bytes(64))]),
    "a short signature": with_parts(lambda parts: [parts[0], parts[1], parts[2][:40]]),
    "a long signature": with_parts(lambda parts: [parts[0], parts[1], parts[2] + "AAAA"]),
    "a signature with padding": with_parts(lambda parts: [parts[0], parts[1], parts[2] + "=="]),
    "a signature of another alphabet": with_parts(lambda parts: [parts[0], parts[1], "+/" + parts[2][2:]]),
    "the claims as signature": with_parts(lambda parts: [parts[0], parts[1], parts[1]]),
    "claims changed afterwards": lambda issuer: with_parts(
        lambda parts: [parts[0], encode_part(valid_claims(issuer, a=1)), parts[2]]
    )(issuer),
    "a header changed afterwards": lambda issuer: with_parts(
        lambda parts: [encode_part(issuer.header() | {"a": 1}), *parts[1:]]
    )(issuer),
}
KEY_IDS: Mapping[str, Forger] = {
    "no key's id": without_header("kid"),
    "an empty key's id": with_header(kid=""),
    "an unknown key": signed_with(OTHER_KEY, "ES256", kid="unknown"),
    "an unknown key's path": signed_with(OTHER_KEY, "ES256", kid="../../../dev/null"),
    "an unknown key's SQL": signed_with(OTHER_KEY, "ES256", kid="' OR 1=1 --"),
    "a very long key's id": signed_with(OTHER_KEY, "ES256", kid="k" * 5000),
    "null as a key's id": with_header(kid=None),
    "a number as a key's id": with_header(kid=1),
    "a list of key's ids": lambda issuer: with_header(kid=[issuer.keys[-1].kid])(issuer),
    "another issuer's key of the same id": lambda issuer: signed_with(
        new_key(kid=issuer.keys[-1].kid), "ES256"
    )(issuer),
}
HEADERS: Mapping[str, Forger] = {
    "crit": with_header(crit=["exp"], exp=1),
    "crit that is empty": with_header(crit=[]),
    "crit of an unknown word": with_header(crit=["https://example.com/x"], **{"https://example.com/x": True}),
    "b64 that is false": with_header(b64=False, crit=["b64"]),
    "b64 alone": with_header(b64=True),
    "jku, a stranger's": signed_with(OTHER_KEY, "ES256", kid=OTHER_KEY.kid, jku="https://example.com/keys"),
    "jku, the issuer's own": lambda issuer: with_header(jku=f"{issuer.address}/keys")(issuer),
    "jwk": signed_with(OTHER_KEY, "ES256", jwk=OTHER_KEY.as_dict(private=False)),
    "x5u": with_header(x5u="https://example.com/certificate"),
    "x5c": with_header(x5c=["MIIB"]),
    "zip": with_header(zip="DEF"),
    "enc": with_header(enc="A256GCM"),
    "a token of a logout": with_header(typ="logout+jwt"),
    "a proof of possession": with_header(typ="dpop+jwt"),
    "a number as type": with_header(typ=1),
    "a header that is a list": with_raw_parts(head=["alg", "ES256"]),
    "a header that is a text": with_raw_parts(head="alg"),
    "a header that is not JSON": with_raw_parts(head=b"{alg:ES256}"),
    "a header that is not UTF-8": with_raw_parts(head=b'{"alg":"\xff"}'),
    "a header that is deep": with_raw_parts(head=DEEP_JSON),
}
