"""Tokens that must not open the door, each under its name: forged, twisted, for somebody else, or of another time."""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import OctKey, RSAKey

from tests.support.tokens.issuer import Json, Key, TestIssuer, new_key, part, signed

Forger = Callable[[TestIssuer], str]
EMAIL = "mallory@example.com"
STRANGE = new_key()
SHARED = OctKey.generate_key(256, {"kid": "shared"})
FEW_BITS = rsa.generate_private_key(public_exponent=65537, key_size=1024)
WEAK = RSAKey(FEW_BITS, FEW_BITS, {"kid": "weak"})
SEALING = new_key(kid="sealing", use="enc")
BOUND = new_key("RSA", kid="bound", alg="RS256")
KOBLITZ = new_key("secp256k1", kid="koblitz")
PUBLISHED: tuple[Key, ...] = (SHARED, WEAK, SEALING, BOUND, KOBLITZ, new_key())
"""What the issuer of these tests publishes: keys that no token may be signed with or not so, and a good one."""
DEEP = b"[" * 3000


def whole(issuer: TestIssuer, **changes: Any) -> Json:
    """What a good token would say: it would make an admin of somebody new."""
    return issuer.body(EMAIL, role="admin", **changes)


def heads(**changes: Any) -> Forger:
    """A header that says something else, with a good signature over it."""
    return lambda issuer: signed(issuer.keys[-1], {**issuer.head(), **changes}, whole(issuer))


def headless(name: str) -> Forger:
    """A header without a word that it needs."""
    return lambda issuer: signed(issuer.keys[-1], _without(issuer.head(), name), whole(issuer))


def says(**changes: Any) -> Forger:
    """The issuer's own word, and not a good one."""
    return lambda issuer: signed(issuer.keys[-1], issuer.head(), {**whole(issuer), **changes})


def silent(name: str) -> Forger:
    """The issuer's own word without a claim that it needs."""
    return lambda issuer: signed(issuer.keys[-1], issuer.head(), _without(whole(issuer), name))


def around(seconds: int, *names: str) -> Forger:
    """The issuer's own word, for a time so many seconds away."""
    return lambda issuer: says(**{name: whole(issuer)["iat"] + seconds for name in names})(issuer)


def elsewhere(change: Callable[[str], object]) -> Forger:
    """Good but for the issuer's address."""
    return lambda issuer: says(iss=change(issuer.address))(issuer)


def by(key: Key, algorithm: str, **changes: Any) -> Forger:
    """Signed with another key, by the algorithm that the header says."""
    return lambda issuer: signed(key, {**issuer.head(), "alg": algorithm, **changes}, whole(issuer), by=algorithm)


def shared_secret(bits: int, secret: Callable[[Key], bytes]) -> Forger:
    """Signed with the issuer's public key as if it were a shared secret."""

    def forge(issuer: TestIssuer) -> str:
        message = f"{part({**issuer.head(), 'alg': f'HS{bits}'})}.{part(whole(issuer))}"
        return f"{message}.{part(hmac.digest(secret(issuer.keys[-1]), message.encode(), f'sha{bits}'))}"

    return forge


def parts(change: Callable[[list[str]], object]) -> Forger:
    """A good token whose three parts are changed afterwards."""

    def forge(issuer: TestIssuer) -> str:
        kept = signed(issuer.keys[-1], issuer.head(), whole(issuer)).split(".")
        return ".".join(str(one) for one in change(kept))  # type: ignore[attr-defined]  # a list of parts

    return forge


def raw(head: object = None, body: object = None) -> Forger:
    """Parts that are no JSON object, with a good signature over them."""
    return lambda issuer: signed(issuer.keys[-1], head or issuer.head(), whole(issuer) if body is None else body)


def _without(value: Json, name: str) -> Json:
    return {key: part for key, part in value.items() if key != name}


def _pem(key: Key) -> bytes:
    assert not isinstance(key, OctKey)
    return key.as_pem(private=False)


def _der(key: Key) -> bytes:
    assert not isinstance(key, OctKey)
    return key.as_der(private=False)


ALGORITHMS: Mapping[str, Forger] = {
    "none, unsigned": parts(lambda kept: [part({"alg": "none", "typ": "JWT"}), kept[1], ""]),
    "none, with a key": lambda issuer: parts(lambda kept: [part({**issuer.head(), "alg": "none"}), kept[1], ""])(
        issuer
    ),
    "none, signed": heads(alg="none"),
    "None": heads(alg="None"),
    "nOnE": heads(alg="nOnE"),
    "HS256 with the public key's PEM": shared_secret(256, _pem),
    "HS384 with the public key's PEM": shared_secret(384, _pem),
    "HS512 with the public key's PEM": shared_secret(512, _pem),
    "HS256 with the public key's DER": shared_secret(256, _der),
    "HS256 with the public key's JWK": shared_secret(256, lambda key: json.dumps(key.as_dict(private=False)).encode()),
    "HS256 with a secret that the issuer published": by(SHARED, "HS256", kid="shared"),
    "ES256 with the id of a shared secret": heads(kid="shared"),
    "RS256 with a weak key of the issuer": by(WEAK, "RS256", kid="weak"),
    "ES256 with a key for encryption": by(SEALING, "ES256", kid="sealing"),
    "PS256 with a key for RS256": by(BOUND, "PS256", kid="bound"),
    "ES256K": by(KOBLITZ, "ES256K", kid="koblitz"),
    "RS256 said of an ES256 signature": heads(alg="RS256"),
    "ES384 said of an ES256 signature": heads(alg="ES384"),
    "EdDSA said of an ES256 signature": heads(alg="EdDSA"),
    "an unknown algorithm": heads(alg="XS256"),
    "an algorithm in small letters": heads(alg="es256"),
    "an algorithm of encryption": heads(alg="RSA-OAEP"),
    "no algorithm": headless("alg"),
    "no algorithm but null": heads(alg=None),
    "a number as algorithm": heads(alg=256),
    "a list of algorithms": heads(alg=["ES256"]),
    "an object as algorithm": heads(alg={"ES256": 1}),
}
SIGNATURES: Mapping[str, Forger] = {
    "a stranger's key": by(STRANGE, "ES256"),
    "an empty signature": parts(lambda kept: [kept[0], kept[1], ""]),
    "a signature of zeros": parts(lambda kept: [kept[0], kept[1], part(bytes(64))]),
    "a short signature": parts(lambda kept: [kept[0], kept[1], kept[2][:40]]),
    "a long signature": parts(lambda kept: [kept[0], kept[1], kept[2] + "AAAA"]),
    "a signature with padding": parts(lambda kept: [kept[0], kept[1], kept[2] + "=="]),
    "a signature of another alphabet": parts(lambda kept: [kept[0], kept[1], "+/" + kept[2][2:]]),
    "the claims as signature": parts(lambda kept: [kept[0], kept[1], kept[1]]),
    "claims changed afterwards": lambda issuer: parts(lambda kept: [kept[0], part(whole(issuer, a=1)), kept[2]])(
        issuer
    ),
    "a header changed afterwards": lambda issuer: parts(lambda kept: [part(issuer.head() | {"a": 1}), *kept[1:]])(
        issuer
    ),
}
KEYS: Mapping[str, Forger] = {
    "no key's id": headless("kid"),
    "an empty key's id": heads(kid=""),
    "an unknown key": by(STRANGE, "ES256", kid="unknown"),
    "an unknown key's path": by(STRANGE, "ES256", kid="../../../dev/null"),
    "an unknown key's SQL": by(STRANGE, "ES256", kid="' OR 1=1 --"),
    "a very long key's id": by(STRANGE, "ES256", kid="k" * 5000),
    "null as a key's id": heads(kid=None),
    "a number as a key's id": heads(kid=1),
    "a list of key's ids": lambda issuer: heads(kid=[issuer.keys[-1].kid])(issuer),
    "another issuer's key of the same id": lambda issuer: by(new_key(kid=issuer.keys[-1].kid), "ES256")(issuer),
}
HEADERS: Mapping[str, Forger] = {
    "crit": heads(crit=["exp"], exp=1),
    "crit that is empty": heads(crit=[]),
    "crit of an unknown word": heads(crit=["https://example.com/x"], **{"https://example.com/x": True}),
    "b64 that is false": heads(b64=False, crit=["b64"]),
    "b64 alone": heads(b64=True),
    "jku, a stranger's": by(STRANGE, "ES256", kid=STRANGE.kid, jku="https://example.com/keys"),
    "jku, the issuer's own": lambda issuer: heads(jku=f"{issuer.address}/keys")(issuer),
    "jwk": by(STRANGE, "ES256", jwk=STRANGE.as_dict(private=False)),
    "x5u": heads(x5u="https://example.com/certificate"),
    "x5c": heads(x5c=["MIIB"]),
    "zip": heads(zip="DEF"),
    "enc": heads(enc="A256GCM"),
    "a token of a logout": heads(typ="logout+jwt"),
    "a proof of possession": heads(typ="dpop+jwt"),
    "a number as type": heads(typ=1),
    "a header that is a list": raw(head=["alg", "ES256"]),
    "a header that is a text": raw(head="alg"),
    "a header that is no JSON": raw(head=b"{alg:ES256}"),
    "a header that is no UTF-8": raw(head=b'{"alg":"\xff"}'),
    "a header that is deep": raw(head=DEEP),
}
