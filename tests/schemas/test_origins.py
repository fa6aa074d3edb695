"""What is wrong with a sample that was read from a file is told by its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.csv_text import read_csv
from schemas.errors import InvalidInput

passed_over = st.sampled_from(["", "# a remark", "  "])


@given(st.lists(st.lists(passed_over, max_size=3), min_size=4, max_size=30), st.data())
def test_two_samples_that_contradict_are_told_by_the_lines_they_are_on(between, data):
    ordinates = range(len(between))
    first, second = sorted(
        data.draw(st.lists(st.sampled_from(ordinates), min_size=2, max_size=2, unique=True))
    )
    lines, numbers = [], []
    for place, skipped in enumerate(between):
        lines += skipped
        x = first if place == second else place
        lines.append(f"{x},{place}")
        numbers.append(len(lines))
    with pytest.raises(InvalidInput) as caught:
        read_csv("\n".join(lines))
    places = [error.path for error in caught.value.errors]
    assert places == [("line", numbers[second]), ("line", numbers[first])]
