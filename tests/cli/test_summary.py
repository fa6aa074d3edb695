"""What the command says of a model, in words."""

import pytest

from cli.summary import summary
from schemas.models import SummationOrders
from schemas.target import Target
from service.answers import MODEL


@pytest.mark.parametrize(
    ("metric", "says"),
    [("rmse", "rmse 0.01 of the range)"), ("mse", "mse 0.01 of the range squared)")],
)
def test_a_tolerance_in_ranges_of_a_mean_square_is_one_in_ranges_squared(metric, says):
    target = Target(metric=metric, tolerance=0.01, relative_to="range")
    assert says in summary(MODEL.model_copy(update={"target": target}))


@pytest.mark.parametrize(("orders", "says"), [("any", "at most"), ("tried", "orders tried")])
def test_what_is_proved_for_every_order_of_summation_is_told_from_what_was_measured(orders, says):
    found = MODEL.certificate.model_copy(update={"orders": SummationOrders(orders)})
    said = summary(MODEL.model_copy(update={"certificate": found}))
    assert says in said
    assert ("orders tried" in said) == (orders == "tried")
