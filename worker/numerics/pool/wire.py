"""What a pool and its fit processes say to each other: JSON, one message a line.

A process that runs out of memory says so with its exit status, because there is no memory to say
more with.

Numbers are written so that they are read back to the bit. The messages, by their first field:

    to a process    fit       number, samples, target, options: do this
                    stop      number: end it with the best found so far
                    follow    number, followed: whether somebody watches it
    from one        begun     number
                    progress  number, phase, done: fraction, iteration, error; outline: x and y, or
                              null unless it is followed
                    answer    number, fit
                    invalid   number, errors: path and detail of each field
                    crashed   number, reason
"""

import errno
import json
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from schemas.errors import Crashed, Died, FieldError, FoldlineError, InvalidInput, OutOfMemory
from schemas.jobs import Outline, Phase, Progress
from schemas.options import FitOptions
from schemas.samples import Samples
from schemas.target import Target
from worker.numerics.fit import Fit, FitRequest

Message = dict[str, Any]

# The exit status of a process that ran out of memory.
OUT_OF_MEMORY = errno.ENOMEM

_FIT = TypeAdapter(Fit)


def to_line(message: Message) -> bytes:
    """A message as it is sent."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> Message:
    """A message as it was sent."""
    message: Message = json.loads(line)
    return message


def ask(number: int, request: FitRequest) -> Message:
    """Do this, under this number."""
    samples = request.samples
    columns = {name: getattr(samples, name) for name in ("x", "y", "weight", "tolerance")}
    return {
        "fit": number,
        "samples": {name: None if c is None else c.tolist() for name, c in columns.items()},
        "target": request.target.model_dump(mode="json"),
        "options": request.options.model_dump(mode="json"),
    }


def asked(message: Message) -> FitRequest:
    """The request in a message of ``ask``."""
    given = {name: column for name, column in message["samples"].items() if column is not None}
    return FitRequest(
        Samples(**{name: np.array(column, np.float64) for name, column in given.items()}),
        Target.model_validate(message["target"]),
        FitOptions.model_validate(message["options"]),
    )


def stop(number: int) -> Message:
    """End this one with the best found so far."""
    return {"stop": number}


def follow(number: int, *, followed: bool) -> Message:
    """Somebody watches this one, or does so no more."""
    return {"follow": number, "followed": followed}


def begun(number: int) -> Message:
    """The process works on this one now."""
    return {"begun": number}


def progress(number: int, phase: Phase, done: Progress, outline: Outline | None) -> Message:
    """How far this one is."""
    drawn = None if outline is None else outline.model_dump()
    return {"progress": number, "phase": phase, "done": done.model_dump(), "outline": drawn}


def progressed(message: Message) -> tuple[Phase, Progress, Outline | None]:
    """How far it is: the other end of ``progress``."""
    drawn = message["outline"]
    outline = None if drawn is None else Outline.model_validate(drawn)
    return Phase(message["phase"]), Progress.model_validate(message["done"]), outline


def answer(number: int, found: Fit | FoldlineError) -> Message:
    """What became of this one."""
    match found:
        case InvalidInput():
            errors = [[error.path, error.detail] for error in found.errors]
            return {"invalid": number, "errors": errors}
        case Fit():
            return {"answer": number, "fit": _FIT.dump_python(found, mode="json")}
        case Crashed():
            return {"crashed": number, "reason": found.reason}
        case _:
            return {"crashed": number, "reason": str(found)}


def answered(message: Message) -> Fit | FoldlineError:
    """What became of it: the other end of ``answer``."""
    if "answer" in message:
        return _FIT.validate_python(message["fit"])
    if "invalid" in message:
        errors = [FieldError(tuple(path), detail) for path, detail in message["errors"]]
        return InvalidInput(*errors)
    return Crashed(message["reason"])


def ended(status: int) -> Died:
    """What became of a question whose process ended: with this status, or minus its signal."""
    if status == OUT_OF_MEMORY:
        return OutOfMemory("its process ran out of memory")
    return Died(f"its process ended with status {status}")
