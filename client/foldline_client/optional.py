"""Libraries that are used where they are installed, and only when they are asked for."""

from importlib import import_module
from types import ModuleType

from foldline_client.errors import MissingLibrary


def optional(module: str, *, extra: str) -> ModuleType:
    """A module of an optional library.

    Args:
        module: its name.
        extra: what installs it with this client.

    Raises:
        MissingLibrary: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise MissingLibrary(
            f"this needs {library}: pip install 'foldline-client[{extra}]'"
        ) from error
