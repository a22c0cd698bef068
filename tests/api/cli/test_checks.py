"""The checks of `pursuit doctor`: a finding for each, and a remedy for each fault."""

from pathlib import Path

import pytest

from api.cli.checks import run_checks
from tests.support.serving import pursuit
from tests.support.tokens.issuer import running_issuer


async def test_doctor_passes_on_a_healthy_installation(own_database: str) -> None:
    ended = await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": own_database})

    assert (ended.code, "FAULT" in ended.out) == (0, False)


async def test_doctor_checks_the_token_issuer(own_database: str) -> None:
    environ = {"PURSUIT_DATABASE_URL": own_database}
    async with running_issuer() as issuer:
        healthy = await pursuit("doctor", environ=environ | issuer.server_settings())
        renamed = await pursuit(
            "doctor",
            environ=environ | issuer.server_settings() | {"PURSUIT_OIDC_ISSUER": f"{issuer.address}/"},
        )
        issuer.keys.clear()
        keyless = await pursuit("doctor", environ=environ | issuer.server_settings())
    away = await pursuit("doctor", environ=environ | issuer.server_settings())

    assert (healthy.code, f"ok    issuer: {issuer.address} answers, keys: 1\n" in healthy.out) == (0, True)
    for ended, says, remedy in (
        (
            renamed,
            f"the discovery document of {issuer.address}/ names the issuer '{issuer.address}'\n",
            "including a trailing slash",
        ),
        (
            keyless,
            f"{issuer.address} answers, but has no key that Pursuit can use\n",
            "RSA of 2048 bits or more",
        ),
        (
            away,
            f"{issuer.address} does not answer: ",
            "Check PURSUIT_OIDC_ISSUER, the network between this machine and the issuer",
        ),
    ):
        assert (ended.code, ended.out.count("FAULT"), ended.err) == (1, 1, "")
        assert f"FAULT issuer: {says}" in ended.out
        assert remedy in ended.out


@pytest.mark.parametrize(
    "url", ["sqlite://{}/absent.db", "sqlite://{}", "postgres://u:hunter2@127.0.0.1:1/d"]
)
async def test_doctor_prints_a_remedy_and_no_secret(url: str, tmp_path: Path) -> None:
    ended = await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": url.format(tmp_path)})

    assert (ended.code, ended.out.count("FAULT")) == (1, 1)
    assert "hunter2" not in ended.out + ended.err
    assert "Traceback" not in ended.err


async def test_doctor_checks_nothing_else_if_a_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "http")

    [check] = await run_checks()

    assert (check.name, check.remedy) == ("settings", "Set it to an allowed value, or unset it.")


async def test_doctor_requires_a_secret_key_on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PURSUIT_DATABASE_URL", "postgres://u@127.0.0.1:1/d")
    monkeypatch.setenv("PURSUIT_SECRET_KEY", "")

    faults = {check.name: check.finding for check in await run_checks() if check.remedy}

    assert set(faults) == {"secret key", "database"}
    assert faults["secret key"].startswith("PURSUIT_SECRET_KEY is not set")
