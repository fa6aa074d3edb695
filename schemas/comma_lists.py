"""Lists as one writes them in the environment: with commas."""


def split(value: object) -> object:
    """The parts of a text with commas; what is no text stays as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value
