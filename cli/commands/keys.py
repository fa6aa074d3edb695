"""``foldline keys``: who may use the service."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from cli.broker import running_at
from cli.complaints import complain
from cli.exits import AWAY, BAD_INPUT, DENIED, OF_SERVICE, epilog
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, RedisUrl
from schemas.api_keys import ApiKey, Scope, Tenant
from schemas.controls import escape_controls
from schemas.errors import Unavailable
from storage.api_keys import ApiKeys
from storage.connection import connect
from storage.keys import DEFAULT_TENANT

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Create, list and revoke the API keys of a running service.\n\n"
    "Its broker is found by --redis-url, or by the data directory of its foldline serve.",
)


@app.command(epilog=epilog("foldline keys create --tenant acme --scope submit --name 'line 7'"))
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
    as_json: AsJson = False,
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Create a key and show it, once."""
    try:
        TypeAdapter(Tenant).validate_python(tenant)
    except ValidationError as error:
        complain("--tenant: 1 to 64 of a-z, 0-9 and, in between, hyphens")
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


@app.command("list", epilog=epilog("foldline keys list --json"))
def list_keys(
    as_json: AsJson = False,
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
        typer.echo(escape_controls(_row(key)))


@app.command(epilog=epilog("foldline keys revoke 0123456789ab", also=OF_SERVICE))
def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key, as the list shows it.")],
    as_json: AsJson = False,
    redis_url: RedisUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """End a key; the next request with it is refused."""
    try:
        revoked = _open(redis_url, data_dir).revoke(key_id)
    except Unavailable as error:
        raise _away(error) from error
    if not revoked:
        complain(f"there is no key {key_id!r}")
        raise typer.Exit(DENIED)
    typer.echo(json.dumps({"id": key_id, "revoked": True}) if as_json else f"{key_id} is revoked.")


def _row(key: ApiKey) -> str:
    rate = "" if key.rate is None else f"{key.rate:g}/s"
    created = f"{key.created_at:%Y-%m-%d}"
    return f"{key.id}  {key.tenant:<20} {key.scope:<7} {created}  {rate:<8} {key.name or ''}"


def _open(redis_url: str | None, data_dir: Path) -> ApiKeys:
    address = redis_url or running_at(data_dir)
    if address is None:
        complain(f"no foldline serve runs on {data_dir}; start one, or give --redis-url")
        raise typer.Exit(AWAY)
    try:
        return ApiKeys(connect(address))
    except ValueError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from error


def _away(error: Unavailable) -> typer.Exit:
    complain(str(error))
    return typer.Exit(AWAY)
