"""The models that were read last."""

from storage.recent import Kept, Recent


def kept(size):
    return Kept("1", {"a": bytes(size - 1), "b": b"1"})


def test_what_has_not_been_used_for_longest_makes_room():
    recent = Recent(100)
    for name in "abc":
        recent.keep(name, kept(30))
    assert recent.get("a")
    recent.keep("d", kept(30))
    assert [name for name in "abcd" if recent.get(name)] == ["a", "c", "d"]


def test_what_is_larger_than_everything_is_not_kept():
    recent = Recent(100)
    recent.keep("a", kept(101))
    assert recent.get("a") is None
    recent.keep("b", kept(100))
    assert recent.get("b")


def test_what_is_replaced_or_dropped_takes_no_room():
    recent = Recent(100)
    for _ in range(3):
        recent.keep("a", kept(60))
    recent.drop("a")
    recent.drop("a")
    assert recent.get("a") is None
    for name in "bc":
        recent.keep(name, kept(50))
    assert recent.get("b")
    assert recent.get("c")
