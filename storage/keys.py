"""Every name that service and worker share: Redis keys, file names, the queue and its task."""

WAKE_QUEUE = "foldline-wake"
WAKE_TASK = "worker.tasks.work"

# Sorted set of the ids of jobs that wait for a worker, by the time of their acceptance in ms.
WAITING = "foldline:waiting"
# Sorted set of worker names, by the time of their last sign of life in ms.
WORKERS = "foldline:workers"
# Channel: the id of every job that has changed.
CHANGES = "foldline:changes"

# Followed by a job id: the hash of its record, and the stream of its events.
JOB_PREFIX = "foldline:job:"
EVENTS_PREFIX = "foldline:events:"
# Followed by a worker's name: the hash of the jobs it has claimed, each with its attempt.
CLAIMS_PREFIX = "foldline:claims:"

# Whose jobs and models are whose: one tenant for everybody as long as there are no keys.
DEFAULT_TENANT = "default"

# What the names of all blobs begin with, before the tenant.
INPUTS = "inputs"
MODELS = "models"

MANIFEST = "manifest.json"
NETWORK = "network.json"
TABLE_CSV = "breakpoints.csv"
TABLE_JSON = "breakpoints.json"
SAMPLES = "samples.npy"


def job_key(job_id: str) -> str:
    """The hash that holds a job's record."""
    return JOB_PREFIX + job_id


def jobs_of(tenant: str) -> str:
    """The sorted set of a tenant's job ids.

    Ids begin with their time, so the order of names is the order of creation.
    """
    return f"foldline:jobs:{tenant}"


def models_of(tenant: str) -> str:
    """The sorted set of a tenant's models, each as ``<creation time>:<model id>``."""
    return f"foldline:models:{tenant}"
