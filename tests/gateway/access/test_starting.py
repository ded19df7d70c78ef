"""Starting with and without tokens, the commands that make them, and the auditor's way in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.cli.auditor import GatewayDoor
from infra.cli.main import main
from infra.gateway.access.access import access_of
from infra.gateway.access.principal import Principal
from infra.gateway.access.roles import Role
from infra.gateway.access.tokens import AccessUnfit, Tokens
from infra.gateway.server import EXIT_ACCESS
from infra.settings import AccessMode
from infra.telemetry.metrics import Metrics
from schemas.topics import DOMAINS
from streams.auditor.doors import NotTaken
from streams.auditor.drills import drill_of
from streams.auditor.scripts import SCRIPTS
from tests.gateway.access.world import World

NOW_MS = 1_795_000_000_000


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_an_open_gateway_may_listen_on_loopback(host: str) -> None:
    assert access_of(AccessMode.OPEN, host, "", "", Metrics()) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "10.0.0.1", "gateway.example", "", "127.0.0.1.example"])  # noqa: S104 - refused
def test_an_open_gateway_may_listen_nowhere_else(host: str) -> None:
    with pytest.raises(AccessUnfit, match="on loopback only"):
        access_of(AccessMode.OPEN, host, "", "", Metrics())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"LAOXIAO_HTTP_HOST": "0.0.0.0"}, "on loopback only"),  # noqa: S104 - it does not start
        ({"LAOXIAO_ACCESS": "tokens"}, "needs LAOXIAO_TOKEN_KEYS"),
        ({"LAOXIAO_ACCESS": "tokens", "LAOXIAO_TOKEN_KEYS": "none.json", "LAOXIAO_TOKEN_REVOKED": "none.json"}, "none.json cannot be used"),
    ],
)
def test_a_gateway_that_would_be_open_or_could_prove_nobody_does_not_start(tmp_path: Path, changes: dict[str, str], says: str) -> None:
    environment = os.environ | {"LAOXIAO_HOME": str(tmp_path), "LAOXIAO_HTTP_PORT": "0", "LAOXIAO_POSTGRES": "postgresql:///none"} | changes
    ended = subprocess.run(
        [sys.executable, "-m", "infra.cli.main", "gateway"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == EXIT_ACCESS, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_commands_make_keys_issue_a_token_and_call_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAOXIAO_HOME", str(tmp_path))
    run = CliRunner()
    made = run.invoke(main, ["token", "keys"])
    assert made.exit_code == 0, made.output
    folder = tmp_path / "tokens"
    assert (folder / "private.pem").stat().st_mode & 0o777 == 0o600
    assert run.invoke(main, ["token", "keys"]).exit_code == 1, "a key is never written over"
    issued = run.invoke(
        main, ["token", "issue", "--role", "facility", "--id", "c-017", "--for", "c-018", "--area", "310106", "--hours", "2"]
    )
    assert issued.exit_code == 0, issued.output
    token = issued.stdout.strip()
    tokens = Tokens(folder / "keys.json", folder / "revoked.json")
    proved = tokens.prove(token)
    assert isinstance(proved, Principal)
    assert (proved.role, proved.stands_for, proved.areas) == (Role.FACILITY, frozenset(("c-017", "c-018")), ("310106",))
    assert proved.token_id in issued.stderr
    assert run.invoke(main, ["token", "revoke", proved.token_id]).exit_code == 0
    assert not isinstance(tokens.prove(token), Principal)
    assert run.invoke(main, ["token", "issue", "--role", "family", "--id", "r-1", "--hours", "9999"]).exit_code == 1


@pytest.mark.parametrize("domain", DOMAINS)
async def test_the_auditors_drills_go_through_with_its_token_and_only_with_it(world: World, domain: str) -> None:
    drill = drill_of(domain, SCRIPTS[domain], NOW_MS)
    await GatewayDoor("http://gateway", world.client, world.token(Role.DRILL, "auditor")).send(drill)
    # As they came: a drill's call is a proven one, and nobody has anything to look at.
    assert world.recorded(domain) == list(drill.events)
    with pytest.raises(NotTaken):
        await GatewayDoor("http://gateway", world.client).send(drill_of(domain, SCRIPTS[domain], NOW_MS + 60_000))
