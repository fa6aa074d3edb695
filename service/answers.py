"""Examples of answers: what becomes of the first example of a question.

The figures are of a real fit of it; all else is made by the code that makes the answers.
"""

import base64
import json
from datetime import UTC, datetime, timedelta

from fastapi.sse import format_sse_event

from exports.subject import with_checks
from schemas.batches import Batch, BatchCounts, BatchPage, BatchRecord, BatchResult
from schemas.curves import Curve, CurveIn
from schemas.errors import NotFound, NotKept
from schemas.evaluation import Evaluation
from schemas.jobs import (
    InputPlace,
    Job,
    JobCreate,
    JobEvent,
    JobPage,
    JobRecord,
    JobStatus,
    Outline,
    Phase,
    Progress,
)
from schemas.models import (
    Architecture,
    ArchitectureName,
    Certificate,
    Contender,
    Model,
    ModelPage,
    SummationOrders,
    Timing,
)
from schemas.network import Dtype, Layer, Network
from schemas.table import BreakpointTable
from schemas.version import ENGINE_VERSION
from schemas.webhooks import WebhookSecret
from service.examples import CURVE_EXAMPLES, EVALUATION_EXAMPLES, JOB_EXAMPLES
from service.following import sent
from service.metrics import exposition
from service.paging import wrap
from service.results import Include
from storage.keys import DEFAULT_TENANT
from storage.ports import Figures, Histogram
from storage.room import Memory

_ASKED = JobCreate.model_validate(JOB_EXAMPLES["tolerance"]["value"])
_SAMPLES, _TARGET = _ASKED.canonical()
_ACCEPTED = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
_BEGUN, _ENDED = (_ACCEPTED + timedelta(milliseconds=later) for later in (136, 157))

SAMPLES = Curve.of(_SAMPLES)
READ_SAMPLES = Curve.of(CurveIn.model_validate(CURVE_EXAMPLES["unsorted"]["value"]).canonical())

_QUEUED = JobRecord(
    id="job_019c13e9a400c5d1f0b2e6a78394",
    status=JobStatus.QUEUED,
    name=_ASKED.name,
    metadata=_ASKED.metadata,
    samples=_SAMPLES.summary(),
    target=_TARGET,
    options=_ASKED.options,
    created_at=_ACCEPTED,
    tenant=DEFAULT_TENANT,
    input=InputPlace(name="job_019c13e9a400c5d1f0b2e6a78394"),
)
_RUNNING = _QUEUED.model_copy(
    update={
        "status": JobStatus.RUNNING,
        "phase": Phase.PREPARATION,
        "started_at": _BEGUN,
        "attempts": 1,
    }
)
_NETWORK = Network(
    layers=[
        Layer(
            weight=[[-1.0], [-1.0], [1.0], [1.0]],
            bias=[
                0.05731344223022461,
                0.1985183209180832,
                -0.1985183209180832,
                -0.4882428050041199,
            ],
        ),
        Layer(
            weight=[
                [
                    -2.749570846557617,
                    -1.450243353843689,
                    0.8732537627220154,
                    -0.2850628197193146,
                ]
            ],
            bias=[0.45229530334472656],
        ),
    ],
    dtype=Dtype.FLOAT32,
)
_TABLE = BreakpointTable(
    x=[0.0, 0.05731344223022461, 0.1985183209180832, 0.4882428050041199, 1.0],
    y=[
        0.006808057944978074,
        0.2475138664973553,
        0.45229530334472656,
        0.7052982992255528,
        1.0063092463385965,
    ],
    slope=[
        4.199814200401306,
        1.450243353843689,
        0.8732537627220154,
        0.5881909430027008,
        0.5881909430027008,
    ],
    intercept=[
        0.006808057944978074,
        0.16439542781706784,
        0.27893843263375384,
        0.4181183033358957,
        0.4181183033358957,
    ],
)
MODEL = Model(
    id=_QUEUED.answer_id,
    name=_ASKED.name,
    metadata=_ASKED.metadata,
    engine_version=ENGINE_VERSION,
    created_at=_ENDED,
    samples=_SAMPLES.summary(),
    target=_TARGET,
    met=True,
    explanation="The shallow network of 13 parameters is the smallest found that meets the target.",
    architecture=Architecture(
        name=ArchitectureName.SHALLOW,
        layer_widths=[1, 4, 1],
        knots=4,
        tents=0,
        sides=[],
        towers=0,
        parameters=13,
        neurons=4,
        dtype=Dtype.FLOAT32,
    ),
    certificate=Certificate(
        max_abs_error=0.006808074626922567,
        rmse=0.0057973592937165105,
        max_rel_error=0.03044644685460539,
        error_in_any_order=0.006808312971728461,
        orders=SummationOrders.ANY,
        max_abs_error_between_samples=0.010359499841242636,
        promised_error_between_samples=0.006808057944978074,
        excess_between_samples=-0.003191942055021926,
        table_deviation=1.0842021724855044e-19,
    ),
    segments=4,
    minimal_segments=4,
    contenders=[
        Contender(
            name=ArchitectureName.SHALLOW,
            layer_widths=[1, 4, 1],
            parameters=13,
            error=0.006808074626922567,
            met=True,
        )
    ],
    timing=Timing(queue_s=0.136, phase1_s=0.0, phase2_s=0.0, total_s=0.157),
)
NETWORK, TABLE = with_checks(MODEL, _NETWORK, _TABLE, _SAMPLES)
_SUCCEEDED = _RUNNING.model_copy(
    update={
        "status": JobStatus.SUCCEEDED,
        "phase": Phase.CERTIFICATE,
        "progress": Progress(fraction=1.0, error=MODEL.certificate.error(_TARGET)),
        "model_id": MODEL.id,
        "met": MODEL.met,
        "finished_at": _ENDED,
    }
)
_CANCELLED = _RUNNING.model_copy(update={"status": JobStatus.CANCELLED, "finished_at": _ENDED})
QUEUED_JOB, FINISHED_JOB, CANCELLED_JOB = map(Job.of, (_QUEUED, _SUCCEEDED, _CANCELLED))
JOBS = JobPage(data=[FINISHED_JOB], next_cursor=wrap(FINISHED_JOB.id))
NO_JOB = NotFound("job", _QUEUED.id)
NOT_KEPT = NotKept("samples of job", _QUEUED.id)
NO_MODEL = NotFound("model", MODEL.id)
MODELS = ModelPage(data=[MODEL], next_cursor=wrap(MODEL.id))

_BATCH = BatchRecord(
    id="batch_019c13e9a4007b3f0d92c1e8a6f5",
    tenant=DEFAULT_TENANT,
    name="nightly",
    counts=BatchCounts(total=1, refused=0, queued=1),
    created_at=_ACCEPTED,
)
RUNNING_BATCH = Batch.of(_BATCH)
COMPLETED_BATCH = Batch.of(
    _BATCH.model_copy(
        update={"counts": BatchCounts(total=1, refused=0, succeeded=1), "finished_at": _ENDED}
    )
)
CANCELLED_BATCH = Batch.of(
    _BATCH.model_copy(
        update={
            "counts": BatchCounts(total=1, refused=0, cancelled=1),
            "finished_at": _ENDED,
            "cancelled_at": _ENDED,
        }
    )
)
BATCHES = BatchPage(data=[COMPLETED_BATCH], next_cursor=wrap(COMPLETED_BATCH.id))
_RESULT = BatchResult.of_job(_SUCCEEDED.model_copy(update={"custom_id": "first", "index": 0}))
# As without `include`.
RESULTS = _RESULT.model_dump_json(exclude={part.value for part in Include}) + "\n"

EVALUATION = Evaluation(
    **EVALUATION_EXAMPLES["points"]["value"],
    y=[0.006808042526245117, 0.49725186824798584, 1.0063092708587646],
    dtype=NETWORK.dtype,
)
PLOT = '<?xml version="1.0" encoding="utf-8"?><svg xmlns="http://www.w3.org/2000/svg">...</svg>'
METRICS = exposition(
    Figures(
        waiting=0,
        running=0,
        silent_s={"host-1": 0.5},
        ended={"cancelled": 0, "failed": 0, "succeeded": 1},
        crashes=0,
        losses=0,
        wait=Histogram(counts=(("0.1", 0), ("1", 1), ("+Inf", 1)), sum_s=0.136),
        fit=Histogram(counts=(("0.1", 1), ("1", 1), ("+Inf", 1)), sum_s=0.021),
        deliveries=0,
        suspended=False,
    ),
    Memory(used=1_572_864, limit=0, reserved=2_097_152),
    is_durable=True,
).decode()
SECRET = WebhookSecret(secret="whsec_" + base64.b64encode(bytes(range(32))).decode())
ROTATED_SECRET = SECRET.model_copy(update={"former_until": _ENDED})


def _told(place: int, told: JobEvent) -> str:
    event = sent(f"{place}-0", told)
    data = json.dumps(event.data)
    return format_sse_event(data_str=data, event=event.event, id=event.id).decode()


EVENTS = "".join(
    _told(place, event)
    for place, event in enumerate(
        (
            JobEvent.of(_QUEUED),
            JobEvent.of(_RUNNING).model_copy(
                update={
                    "progress": Progress(fraction=0.1, error=MODEL.certificate.error(_TARGET)),
                    "current": Outline(x=TABLE.x, y=TABLE.y),
                }
            ),
            JobEvent.of(_SUCCEEDED),
        ),
        start=1769860800000,
    )
)
