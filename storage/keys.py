"""Every name that service and worker share: Redis keys, file names, the queue and its task."""

FIT_QUEUE = "foldline-fit"
FIT_TASK = "worker.tasks.fit_job"

# Sorted set of job ids; ids begin with their time, so the order of names is the order of creation.
JOB_INDEX = "foldline:jobs"
# Set of the ids of jobs that are not final: what the sweep looks through.
OPEN_JOBS = "foldline:jobs:open"
# Lock: one worker at a time looks after lost jobs.
SWEEP_LOCK = "foldline:sweep"
# Sorted set of "<creation time>:<model id>".
MODEL_INDEX = "foldline:models"

MANIFEST = "manifest.json"
NETWORK = "network.json"
TABLE_CSV = "breakpoints.csv"
TABLE_JSON = "breakpoints.json"


def job_key(job_id: str) -> str:
    """The hash that holds a job's record."""
    return f"foldline:job:{job_id}"
