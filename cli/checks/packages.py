"""Whether the packages that Foldline requires are there, in versions that will do."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from cli.checks.finding import Finding, Place, ok, skipped, wrong

DISTRIBUTION = "foldline"


def look(_: Place) -> Finding:
    """Compare what is installed with what the metadata of Foldline requires."""
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return skipped("foldline runs from its source, where nothing says what it requires")
    needed = [found for found in map(Requirement, lines) if _is_for_here(found)]
    missing = list(_missing(needed))
    if missing:
        return wrong("; ".join(missing))
    return ok(f"{len(needed)} required, all there")


def _is_for_here(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _missing(needed: list[Requirement]) -> Iterator[str]:
    for requirement in needed:
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement.name} is not installed"
        else:
            if not requirement.specifier.contains(found, prereleases=True):
                yield f"{requirement.name} is {found}, not {requirement.specifier}"
