"""The identity of a model: the hash of the question it answers."""

import hashlib
import json

from schemas.options import FitOptions
from schemas.target import Target
from schemas.version import ENGINE_VERSION


def model_id(samples_sha256: str, target: Target, options: FitOptions) -> str:
    """Name the model that answers this question.

    The same samples, target, options and engine version give the same id, whatever the order of
    the fields or of the samples.

    Args:
        samples_sha256: hash of the canonical samples.
        target: the accuracy target.
        options: the options of the fit.

    Returns:
        32 hexadecimal digits.
    """
    question = {
        "samples": samples_sha256,
        "target": target.model_dump(mode="json"),
        "options": options.model_dump(mode="json"),
        "engine": ENGINE_VERSION,
    }
    canonical = json.dumps(question, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
