"""Telling want of memory from other errors: with less going on beside it, the same may succeed."""

from worker.numerics.backend import loaded_torch

# What torch and the libraries below it say in errors that have no type of their own.
_SAID = ("out of memory", "can't allocate memory", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, the machine's or a GPU's."""
    if isinstance(error, RuntimeError):
        said = str(error).lower()
        # Whoever has not loaded torch has none of its errors.
        of_torch = getattr(loaded_torch(), "OutOfMemoryError", ())
        return isinstance(error, of_torch) or any(words in said for words in _SAID)
    return isinstance(error, MemoryError)
