"""From the engine's answer to the documents that are stored and delivered."""

from collections.abc import Mapping
from datetime import UTC, datetime

from exports.subject import with_checks
from schemas.identity import model_id
from schemas.models import Model, Timing
from schemas.options import FitOptions
from schemas.samples import Samples
from schemas.target import Target
from schemas.version import ENGINE_VERSION
from storage.keys import MANIFEST, NETWORK, SAMPLES, TABLE_CSV, TABLE_JSON
from worker.numerics.fit import Fit


def describe(
    fit: Fit,
    samples: Samples,
    target: Target,
    options: FitOptions,
    *,
    queue_s: float = 0.0,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Model:
    """The model document of a fit.

    Args:
        fit: the engine's answer.
        samples: the samples it was fitted to.
        target: the target it was given.
        options: the options it was given.
        queue_s: seconds the question waited before the fit began.
        name: of the job.
        metadata: of the job.
    """
    return Model(
        id=model_id(samples.sha256, target, options),
        name=name,
        metadata=dict(metadata or {}),
        engine_version=ENGINE_VERSION,
        created_at=datetime.now(UTC),
        samples=samples.summary(),
        target=target,
        met=fit.met,
        explanation=fit.explanation,
        reasons=list(fit.reasons),
        architecture=fit.architecture,
        certificate=fit.certificate,
        segments=fit.table.segments,
        minimal_segments=fit.minimal_segments,
        contenders=list(fit.contenders),
        timing=Timing(
            queue_s=queue_s,
            phase1_s=fit.phase1_s,
            phase2_s=fit.phase2_s,
            total_s=queue_s + fit.total_s,
        ),
    )


def render(model: Model, fit: Fit, samples: Samples) -> dict[str, bytes]:
    """Every file of a model, by name: manifest, network, table in both its forms, samples."""
    network, table = with_checks(model, fit.network, fit.table, samples)
    return {
        SAMPLES: samples.to_npy(),
        MANIFEST: model.model_dump_json(indent=2).encode() + b"\n",
        NETWORK: network.model_dump_json().encode() + b"\n",
        TABLE_CSV: table.to_csv().encode(),
        TABLE_JSON: table.model_dump_json().encode() + b"\n",
    }
