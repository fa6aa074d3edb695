"""One thread inside a fit, whatever the process had; the same answer on any number of them."""

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from tests.functions import sampled
from tests.numerics.asking import ask
from worker.numerics.devices import choose_device, one_thread


def numpy_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def _three_threads():
    with threadpool_limits(3, user_api="blas"):
        torch.set_num_threads(3)
        yield
        torch.set_num_threads(1)


@pytest.mark.usefixtures("_three_threads")
def test_inside_one_thread_computes_and_afterwards_as_many_as_before():
    assert numpy_threads() == {3}
    with one_thread():
        assert numpy_threads() == {1}
        assert torch.get_num_threads() == 1
    assert numpy_threads() == {3}
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("_three_threads")
def test_threads_do_not_decide_the_bits_of_an_answer():
    samples = sampled("tanh 3x")
    with_three = ask(samples, {"tolerance": 1e-3})
    with threadpool_limits(1, user_api="blas"):
        with_one = ask(samples, {"tolerance": 1e-3})
    assert with_three.network == with_one.network
    assert with_three.certificate == with_one.certificate


def test_auto_is_cuda_only_where_there_is_one():
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert choose_device("auto").type == expected
    assert choose_device("cpu").type == "cpu"
