"""Jobs and batches are removed with all that belongs to them but their models."""

from storage.settings import Stores


def remove(subject: str, stores: Stores) -> None:
    """Remove a job, or a batch with all its jobs, that has ended; what is gone is passed over.

    Args:
        subject: its id.
        stores: of its tenant.

    Raises:
        Unavailable: broker or store does not answer; then it is there still, in part, and can be
            removed another time.
    """
    # The samples first: a job that is there without them has ended, and needs them no more.
    is_batch = subject.startswith("batch_")
    parts = stores.artifacts.input_names(f"{subject}.") if is_batch else [subject]
    stores.artifacts.delete_inputs(parts)
    stores.ended.forget(subject)
