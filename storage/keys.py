"""Every name that service and worker share: Redis keys, file names, the queue and its task."""

WAKE_QUEUE = "foldline-wake"
WAKE_TASK = "worker.tasks.work"

# Sorted set of job ids; ids begin with their time, so the order of names is the order of creation.
JOB_INDEX = "foldline:jobs"
# Sorted set of the ids of jobs that wait for a worker, by the time of their acceptance in ms.
WAITING = "foldline:waiting"
# Sorted set of worker names, by the time of their last sign of life in ms.
WORKERS = "foldline:workers"
# Channel: the id of every job that has changed.
CHANGES = "foldline:changes"
# Sorted set of "<creation time>:<model id>".
MODEL_INDEX = "foldline:models"
# Sorted set of the ids of deliveries of webhooks, by the time of their next try in ms.
DELIVERIES = "foldline:deliveries"
# Sorted set of names of those who send deliveries, by the time of their last sign of life in ms.
SENDERS = "foldline:senders"

# Followed by a job id: the hash of its record, and the stream of its events.
JOB_PREFIX = "foldline:job:"
EVENTS_PREFIX = "foldline:events:"
# Followed by a worker's name: the hash of the jobs it has claimed, each with its attempt.
CLAIMS_PREFIX = "foldline:claims:"
# Followed by the id of a delivery: its hash.
DELIVERY_PREFIX = "foldline:delivery:"
# Followed by a tenant: what its deliveries are signed with.
WEBHOOK_SECRET_PREFIX = "foldline:webhook-secret:"

MANIFEST = "manifest.json"
NETWORK = "network.json"
TABLE_CSV = "breakpoints.csv"
TABLE_JSON = "breakpoints.json"


def job_key(job_id: str) -> str:
    """The hash that holds a job's record."""
    return JOB_PREFIX + job_id


def delivery_key(delivery_id: str) -> str:
    """The hash that holds a delivery."""
    return DELIVERY_PREFIX + delivery_id
