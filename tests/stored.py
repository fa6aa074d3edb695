"""What a store has, by what can be read from it."""

from schemas.errors import NotFound
from storage.keys import MANIFEST
from storage.ports import ArtifactStore


def has_model(artifacts: ArtifactStore, model_id: str) -> bool:
    """Whether this model is there, and sound."""
    try:
        artifacts.get_artifact(model_id, MANIFEST)
    except NotFound:
        return False
    return True
