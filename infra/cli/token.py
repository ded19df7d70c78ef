"""`laoxiao token`: keys, tokens, and calling them back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from infra.gateway.access.roles import Role
from infra.settings import Settings
from schemas.topics import DOMAINS


def _folder() -> Path:
    return Settings.from_environment().home / "tokens"


def _public() -> Path:
    """The keys that the gateway reads: where its settings say, else in the folder of tokens."""
    return Path(Settings.from_environment().token_keys or _folder() / "keys.json")


def _revoked() -> Path:
    return Path(Settings.from_environment().token_revoked or _folder() / "revoked.json")


private_option = click.option(
    "--private", type=click.Path(dir_okay=False, path_type=Path), default=None, help="The private key. LAOXIAO_HOME/tokens/private.pem."
)


@click.group("token")
def token_group() -> None:
    """Keys and tokens of those who call the gateway (LAOXIAO_ACCESS=tokens); who may do what: infra/docs/access.md."""


@token_group.command()
@private_option
def keys(private: Path | None) -> None:
    """Make a key pair: the private half in a new file only you can read, the public half added to the gateway's."""
    from infra.gateway.access.issuing import revoke
    from infra.gateway.access.keys import KeysUnfit, make_key

    place = private or _folder() / "private.pem"
    try:
        kid = make_key(place, _public())
    except FileExistsError:
        raise click.ClickException(f"{place} exists: name another with --private") from None
    except (KeysUnfit, OSError, ValueError, KeyError) as error:
        raise click.ClickException(f"no key was made: {type(error).__name__}") from None
    if not _revoked().exists():
        revoke(_revoked(), ())
    click.echo(f"key {kid}\nLAOXIAO_TOKEN_KEYS={_public()}\nLAOXIAO_TOKEN_REVOKED={_revoked()}")


@token_group.command("issue")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True)
@click.option("--id", "name", required=True, help="Who: an opaque id, the one its events name as actor.")
@click.option("--for", "stands_for", multiple=True, metavar="ID", help="Whom it speaks for besides: a place, a person, a child; several.")
@click.option("--area", "areas", multiple=True, help="A division it may act in, with all inside it; several. Every area when absent.")
@click.option("--domain", "domains", type=click.Choice(DOMAINS), multiple=True, help="Several. Every domain when absent.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), default=12.0, show_default=True)
@private_option
def issue_command(
    *,
    role: str,
    name: str,
    stands_for: tuple[str, ...],
    areas: tuple[str, ...],
    domains: tuple[str, ...],
    hours: float,
    private: Path | None,
) -> None:
    """Sign a token. It goes to standard output alone; its id, for calling it back, to standard error."""
    from infra.gateway.access.issuing import Unissuable, issue
    from infra.gateway.access.keys import KeysUnfit

    place = private or _folder() / "private.pem"
    try:
        token, principal = issue(
            place, Role(role), name, timedelta(hours=hours), stands_for=stands_for, areas=areas, domains=domains
        )  # fmt: skip
    except (Unissuable, KeysUnfit, OverflowError) as error:
        raise click.ClickException(str(error)) from None
    until = datetime.fromtimestamp(principal.expires_s, UTC).isoformat(timespec="minutes")
    click.echo(f"token id {principal.token_id}, until {until}", err=True)
    click.echo(token)


@token_group.command("revoke")
@click.argument("token_ids", nargs=-1, required=True, metavar="JTI...")
def revoke_command(token_ids: tuple[str, ...]) -> None:
    """Call tokens back by their ids: refused from the next request on, without a restart."""
    from infra.gateway.access.issuing import revoke

    click.echo(f"{revoke(_revoked(), token_ids)} tokens are called back")
