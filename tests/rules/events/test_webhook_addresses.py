"""Addresses of webhooks: internal ones are refused in every notation, public ones are accepted."""

import pytest

from workflow.rules.events.webhook_addresses import (
    UnsafeUrlError,
    choose_address,
    is_public,
    parse_webhook_url,
)

REFUSED = [
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://api.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://169.254.169.254/latest/",
    "https://[fd00:ec2::254]/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://[::]/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378::]/",
    "https://[fe80::1%25lo]/",
    "ftp://1.1.1.1/",
    "file:///etc/passwd",
    "gopher://1.1.1.1/",
    "https://user:pw@1.1.1.1/",
    "https://1.1.1.1\\@127.0.0.1/",
    "https://1.1.1.1:22/",
    "https://①②⑦.⓪.⓪.①/",
    "https://1.1.1.1/\r\nX: y",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://240.0.0.1/",
    "https://example.com./",
    "https:///hook",
    "https://example.com:port/",
    "https://example.com:99999/",
    "https://[not-an-address]/",
    "",
    "https://example.com/" + "x" * 2048,
]
ALLOWED = [
    "https://1.1.1.1/hook",
    "https://[2606:4700:4700::1111]/h",
    "https://8.8.8.8:8443/x",
    "https://example.com/a?b=c",
]


@pytest.mark.parametrize("url", REFUSED)
def test_urls_of_private_addresses_are_refused(url: str) -> None:
    with pytest.raises(UnsafeUrlError):
        parse_webhook_url(url, allow_private=False)


@pytest.mark.parametrize("url", ALLOWED)
def test_public_urls_are_allowed(url: str) -> None:
    assert parse_webhook_url(url, allow_private=False).scheme == "https"


def test_a_target_is_parsed_as_a_request_uses_it() -> None:
    named = parse_webhook_url("https://example.com:8443/a?b=c", allow_private=False)
    literal = parse_webhook_url(ALLOWED[1], allow_private=False)

    assert (named.authority, named.path, named.port) == ("example.com:8443", "/a?b=c", 8443)
    assert (literal.authority, literal.path, literal.port) == ("[2606:4700:4700::1111]", "/h", 443)


def test_private_addresses_are_allowed_for_development() -> None:
    assert parse_webhook_url("http://127.0.0.1:9000/hook", allow_private=True).authority == "127.0.0.1:9000"
    assert choose_address(["127.0.0.1"], allow_private=True) == "127.0.0.1"


@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "::1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "192.0.0.192"]
)
def test_a_host_that_also_resolves_to_a_private_address_is_refused(inside: str) -> None:
    with pytest.raises(UnsafeUrlError):
        choose_address(["1.1.1.1", inside], allow_private=False)


def test_a_host_without_addresses_is_refused() -> None:
    with pytest.raises(UnsafeUrlError):
        choose_address([], allow_private=True)


def test_the_chosen_address_does_not_depend_on_their_order() -> None:
    assert choose_address(["2606:4700:4700::1111", "8.8.8.8", "1.1.1.1"], allow_private=False) == "1.1.1.1"


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_recognized(address: str) -> None:
    assert is_public(address)
