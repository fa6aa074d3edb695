"""The list of models."""

from schemas.models import ModelFacts


def test_models_are_listed_newest_first_and_once(stores):
    for model_id, created_ms in [("b", 5), ("a", 30), ("c", 4), ("a", 30)]:
        stores.models.add(model_id, created_ms=created_ms, facts=ModelFacts(met=True))
    first, cursor = stores.models.page(limit=2, cursor=None)
    assert (first, stores.models.page(limit=2, cursor=cursor)) == (["a", "b"], (["c"], None))
