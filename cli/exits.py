"""With what status commands exit, and the words for that."""

DONE = 0
AWAY = 1
BAD_INPUT = 2
TARGET_NOT_MET = 3
NO_MODEL = 4
DENIED = 5
GOES_ON = 6
INTERRUPTED = 130
# As signals have it, of which this would be SIGPIPE.
UNREAD = 141

MEANINGS = {
    DONE: "done, and the target met if there is one",
    AWAY: "the service or the broker is away, standard output cannot be written, or something is "
    "broken",
    BAD_INPUT: "bad input",
    TARGET_NOT_MET: "target not met",
    NO_MODEL: "a job failed, was cancelled or refused",
    DENIED: "not found, not allowed, or over already",
    GOES_ON: "not over within --timeout",
    INTERRUPTED: "interrupted",
    UNREAD: "nobody reads standard output any more",
}

EVERY = (DONE, AWAY, BAD_INPUT, INTERRUPTED, UNREAD)
# Of whatever asks the service for something by its id, or with a key.
OF_SERVICE = (DENIED,)
# Of whatever waits for a job.
OF_WAITING = (TARGET_NOT_MET, NO_MODEL, DENIED)


def epilog(*examples: str, also: tuple[int, ...] = ()) -> str:
    """What the help of a command ends with: its statuses, and examples.

    Args:
        examples: commands as they are typed.
        also: the statuses besides those that every command has.
    """
    statuses = ", ".join(f"{status} {MEANINGS[status]}" for status in sorted({*EVERY, *also}))
    # An empty line is where the help begins a new one.
    return "\n\n".join([f"Exit status: {statuses}.", *(f"Example: {text}" for text in examples)])
