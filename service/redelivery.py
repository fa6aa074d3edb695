"""Telling a webhook again, and why it cannot be told."""

from schemas.errors import Conflict
from storage.outbox import Outbox, Redelivery

_WHY_NOT = {
    Redelivery.NO_WEBHOOK: "it was submitted without a webhook",
    Redelivery.NOT_ENDED: "it has not ended; its webhook is told when it has",
    Redelivery.NOT_ASKED_FOR: "its webhook asks for other events, by `events`",
}


def make_due(subject: str, outbox: Outbox) -> None:
    """Have the webhook of a job or a batch told again.

    Raises:
        Conflict: there is nothing to tell, or nobody.
    """
    found = outbox.redeliver(subject)
    if found is not Redelivery.DUE:
        raise _refusal(found)


def _refusal(found: Redelivery) -> Conflict:
    return Conflict(f"nobody can be told: {_WHY_NOT[found]}")


# The usual one, for the documents.
NO_WEBHOOK = _refusal(Redelivery.NO_WEBHOOK)
