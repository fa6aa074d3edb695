"""Where samples were read from, so that what is wrong with one is told by its line or row."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from schemas.errors import FieldError, InvalidInput

# What holds the samples in a document: their own columns, or the target's list of tolerances.
_HOLDERS = ("samples", "target")


@dataclass(frozen=True)
class Origin:
    """Where each sample was: on a line of a file, or in a row of an array.

    Attributes:
        kind: ``line`` or ``row``.
        numbers: of each sample, [N]; None if it is the sample's index.
    """

    kind: str
    numbers: Sequence[int] | None = None

    def located(
        self, path: tuple[str | int, ...], detail: str
    ) -> tuple[tuple[str | int, ...], str]:
        """A path and what is wrong there, by line or row if it leads to one value of one sample."""
        match path:
            case (str(holder), str(column), int(index)) if holder in _HOLDERS:
                number = index if self.numbers is None else int(self.numbers[index])
                return (self.kind, number), f"{column} {detail}"
        return path, detail


ROWS = Origin("row")


@contextmanager
def told_by_origin(origin: Origin | None) -> Iterator[None]:
    """Tell what is wrong with samples by where they were; without an origin by their index."""
    try:
        yield
    except InvalidInput as error:
        if origin is None:
            raise
        found = (origin.located(each.path, each.detail) for each in error.errors)
        raise InvalidInput(*(FieldError(path, detail) for path, detail in found)) from error
