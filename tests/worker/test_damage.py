"""A model that is damaged on the disk is fitted again by whoever is asked for it next."""

from schemas.jobs import JobStatus
from storage.keys import MANIFEST, SAMPLES
from tests.stored import has_model

ANSWER = 0


def test_a_damaged_model_is_fitted_again(
    stores, submit, start_worker, eventually, storage_settings
):
    start_worker("one")
    first = submit(ANSWER)
    eventually(lambda: stores.ledger.get(first).status is JobStatus.SUCCEEDED)
    model_id = stores.ledger.get(first).model_id
    before = stores.artifacts.get_artifact(model_id, MANIFEST)
    path = storage_settings.data_dir / "models/default" / f"{model_id}.zip"
    path.write_bytes(path.read_bytes()[:-40])
    assert not has_model(stores.artifacts, model_id)

    again = submit(ANSWER)
    eventually(lambda: stores.ledger.get(again).finished_at)
    job = stores.ledger.get(again)
    assert (job.status, job.model_id, job.attempts) == (JobStatus.SUCCEEDED, model_id, 1)
    # Its time of creation is another.
    assert stores.artifacts.get_artifact(model_id, MANIFEST) != before
    assert stores.artifacts.get_artifact(model_id, SAMPLES)
