"""Accept headers, taken apart as RFC 9110 says."""

import pytest
from starlette.exceptions import HTTPException

from service.negotiation import preferred

OFFERED = ("application/json", "text/csv")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("  ", "application/json"),
        ("*/*", "application/json"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv;charset=utf-8", "text/csv"),
        ("text/csv; q=0.9 , application/json; q=0.8", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("*/*;q=0.1, text/csv", "text/csv"),
        ("text/csv;q=0, */*", "application/json"),
        ("text/*;q=0.5, application/*;q=0.4", "text/csv"),
        (",,text/csv,", "text/csv"),
        ("text/csv;q=nan, application/json;q=0.1", "application/json"),
        ("text/csv;q=7, application/json;q=0.1", "application/json"),
    ],
)
def test_the_form_the_client_likes_best_is_chosen(accept, expected):
    assert preferred(accept, OFFERED) == expected


@pytest.mark.parametrize("accept", ["image/png", "*/*;q=0", "text", "text/csv;q=0"])
def test_when_no_form_will_do_that_is_said(accept):
    with pytest.raises(HTTPException) as caught:
        preferred(accept, OFFERED)
    assert caught.value.status_code == 406
