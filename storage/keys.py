"""Every name that service and worker share: Redis keys, file names, the queue and its tasks."""

QUEUE = "foldline"
FIT_JOB = "worker.tasks.fit_job"
FIT_BATCH = "worker.tasks.fit_batch"
# There between ``rq suspend`` and ``rq resume``.
SUSPENDED = "rq:suspended"

# Sorted set of the ids of jobs that wait for a worker, by the time of their acceptance in ms.
WAITING = "foldline:waiting"
# Hash of the ids of jobs that are in work, each with the id of RQ's job that it was handed out by.
RUNNING = "foldline:running"
# Channel: the id of every job that has changed.
CHANGES = "foldline:changes:"

# Followed by a job id: the hash of its record, and the stream of its events.
JOB_PREFIX = "foldline:job:"
EVENTS_PREFIX = "foldline:events:"
# Followed by a job id: there as long as somebody follows the job; and the id of the event that has
# the outline of the network in training, a blank, and the outline.
FOLLOWED_PREFIX = "foldline:followed:"
OUTLINE_PREFIX = "foldline:outline:"
# Followed by a tenant: what its deliveries are signed with.
WEBHOOK_SECRET_PREFIX = "foldline:webhook-secret:"

# Followed by a batch id: the hash of the batch. Behind it in turn: the hash of the lines that were
# refused, by their index, and the list of the indices of jobs that have ended, in that order.
BATCH_PREFIX = "foldline:batch:"
BATCH_REFUSED = ":refused"
BATCH_ENDED = ":ended"
# Sorted set of jobs and batches by the time of their end in ms; jobs of a batch end with it.
ENDED = "foldline:ended"
# Set of the tenants that have models.
TENANTS = "foldline:tenants"
# Hash of counters: see ``storage.metrics``.
METRICS = "foldline:metrics"
# Followed by a tenant: sorted set of the ids of its deliveries of webhooks, by the time of their
# next try in ms.
DELIVERIES_PREFIX = "foldline:deliveries:"
# Sorted set of the tenants that have deliveries, by the time in ms from which on it is their turn.
DELIVERY_TURNS = "foldline:delivery-turns"
# Sorted set of names of those who send deliveries, by the time of their last sign of life in ms.
SENDERS = "foldline:senders"
# Followed by the id of a delivery: its hash.
DELIVERY_PREFIX = "foldline:delivery:"

# Set of the ids of API keys; followed by one: the hash of a key, and its rate.
KEYS = "foldline:keys"
KEY_PREFIX = "foldline:key:"
RATE_PREFIX = "foldline:rate:"

# There for a moment after somebody has looked for jobs that RQ has lost.
LOST_SOUGHT = "foldline:lost-sought"
# What tells this ledger from others, for the store that belongs to it.
LEDGER = "foldline:ledger"
# There as long as orphans in the store need not be looked for.
ORPHANS_SOUGHT = "foldline:orphans-sought"

# Whose jobs and models are whose: one tenant for everybody as long as there are no keys.
DEFAULT_TENANT = "default"

# What the names of all blobs begin with, before the tenant.
INPUTS = "inputs"
MODELS = "models"
# The directory beside them that the embedded broker has, and all that is in a data directory.
BROKER = "broker"
DATA_DIRECTORIES = (BROKER, INPUTS, MODELS)
# The blob with the ledger that the store belongs to; no tenant's name has capitals.
OWNER = f"{INPUTS}/LEDGER"

MANIFEST = "manifest.json"
NETWORK = "network.json"
TABLE_CSV = "breakpoints.csv"
TABLE_JSON = "breakpoints.json"
SAMPLES = "samples.npy"


def job_key(job_id: str) -> str:
    """The hash that holds a job's record."""
    return JOB_PREFIX + job_id


def events_key(job_id: str) -> str:
    """The stream of a job's events."""
    return EVENTS_PREFIX + job_id


def subject_key(subject: str) -> str:
    """The hash of a job or of a batch, whichever has this id."""
    return (BATCH_PREFIX if subject.startswith("batch_") else JOB_PREFIX) + subject


def jobs_of(tenant: str) -> str:
    """The sorted set of a tenant's job ids.

    Ids begin with their time, so the order of names is the order of creation.
    """
    return f"foldline:jobs:{tenant}"


def models_of(tenant: str) -> str:
    """The sorted set of a tenant's models, each as ``<creation time>:<model id>``."""
    return f"foldline:models:{tenant}"


def model_facts_of(tenant: str) -> str:
    """The hash of what lists of a tenant's models are filtered by, by model id."""
    return f"foldline:model-facts:{tenant}"


def batches_of(tenant: str) -> str:
    """The sorted set of a tenant's batch ids."""
    return f"foldline:batches:{tenant}"


def delivery_key(delivery_id: str) -> str:
    """The hash that holds a delivery."""
    return DELIVERY_PREFIX + delivery_id
