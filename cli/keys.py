"""``foldline keys``: who may use the service."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from cli.broker import running_at
from schemas.api_keys import ApiKey, Scope, Tenant
from schemas.errors import Unavailable
from storage.api_keys import ApiKeys
from storage.connection import connect
from storage.keys import DEFAULT_TENANT

BAD_INPUT = 2
AWAY = 1

app = typer.Typer(
    no_args_is_help=True, help="Create, list and revoke the API keys of a running service."
)

RedisUrl = Annotated[
    str | None,
    typer.Option(
        envvar="FOLDLINE_REDIS_URL",
        help="The broker; without it, that of the foldline serve that runs on the data directory.",
    ),
]
DataDir = Annotated[
    Path,
    typer.Option(envvar="FOLDLINE_DATA_DIR", help="The data directory of a foldline serve."),
]
DEFAULT_DATA_DIR = Path("foldline-data")
EXIT = "Exit status: 0 done, 1 the broker does not answer, 2 bad input or no such key. "


@app.command(
    epilog=EXIT + "Example: foldline keys create --tenant acme --scope submit --name 'line 7'"
)
def create(
    scope: Annotated[
        Scope,
        typer.Option(help="read: look and evaluate; submit: ask, too; admin: delete, metrics."),
    ] = Scope.SUBMIT,
    tenant: Annotated[
        str, typer.Option(help="Whose jobs and models it sees: a-z, 0-9 and hyphens.")
    ] = DEFAULT_TENANT,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Requests a second, other than the default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the key as JSON.")] = False,
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a key and show it, once."""
    try:
        TypeAdapter(Tenant).validate_python(tenant)
    except ValidationError as error:
        typer.echo("Error: --tenant: 1 to 64 of a-z, 0-9 and, in between, hyphens", err=True)
        raise typer.Exit(BAD_INPUT) from error
    keys = _open(redis_url, data_dir)
    try:
        key, token = keys.create(tenant, scope=scope, name=name, rate=rate)
    except Unavailable as error:
        raise _away(error) from error
    if as_json:
        typer.echo(json.dumps({**key.model_dump(mode="json"), "token": token}))
        return
    typer.echo(token)
    typer.echo("Keep it: it is not shown again. Send it as Authorization: Bearer.", err=True)


@app.command("list", epilog=EXIT + "Example: foldline keys list --json")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print the keys as JSON.")] = False,
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """List the keys, without their secrets."""
    try:
        found = _open(redis_url, data_dir).list()
    except Unavailable as error:
        raise _away(error) from error
    if as_json:
        typer.echo(json.dumps([key.model_dump(mode="json") for key in found], indent=2))
        return
    for key in found:
        typer.echo(_row(key))


@app.command(epilog=EXIT + "Example: foldline keys revoke 0123456789ab")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key, as the list shows it.")],
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """End a key; the next request with it is refused."""
    try:
        revoked = _open(redis_url, data_dir).revoke(key_id)
    except Unavailable as error:
        raise _away(error) from error
    if not revoked:
        typer.echo(f"Error: there is no key {key_id!r}", err=True)
        raise typer.Exit(BAD_INPUT)
    typer.echo(f"{key_id} is revoked.")


def _row(key: ApiKey) -> str:
    rate = "" if key.rate is None else f"{key.rate:g}/s"
    created = f"{key.created_at:%Y-%m-%d}"
    return f"{key.id}  {key.tenant:<20} {key.scope:<7} {created}  {rate:<8} {key.name or ''}"


def _open(redis_url: str | None, data_dir: Path) -> ApiKeys:
    address = redis_url or running_at(data_dir)
    if address is None:
        typer.echo(
            f"Error: no foldline serve runs on {data_dir}; start one, or give --redis-url", err=True
        )
        raise typer.Exit(AWAY)
    try:
        return ApiKeys(connect(address))
    except ValueError as error:
        typer.echo(f"Error: --redis-url: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error


def _away(error: Unavailable) -> typer.Exit:
    typer.echo(f"Error: {error}", err=True)
    return typer.Exit(AWAY)
