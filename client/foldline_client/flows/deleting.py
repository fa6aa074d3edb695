"""To delete what is at an address: once, whatever has to be sent twice."""

from foldline_client.effects import Call, Flow, send
from foldline_client.errors import NotFound


def delete_at(path: str) -> Flow[None]:
    """Delete what is there.

    Raises:
        NotFound: there was nothing before.
    """
    try:
        yield from send(Call("DELETE", path))
    except NotFound as error:
        if not error.repeated:
            raise
