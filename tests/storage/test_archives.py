"""A model as one file: nothing that happens to it goes unnoticed."""

import pytest

from storage.archives import Damaged, pack, unpack

FILES = {"manifest.json": b"{}" * 20, "samples.npy": bytes(range(200)), "empty": b""}


def test_documents_come_back_as_they_were():
    assert unpack(pack(FILES)) == FILES


def test_the_same_documents_are_the_same_file():
    assert pack(FILES) == pack(dict(FILES))


def test_a_file_that_has_lost_its_end_is_damaged_wherever_it_ends():
    file = pack(FILES)
    for length in range(len(file)):
        with pytest.raises(Damaged):
            unpack(file[:length])


# Of names and sizes in the wrong encoding, of entries that overlap: all are damage.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("bits", [0x01, 0x80, 0xFF])
def test_a_byte_that_has_changed_is_noticed_or_of_no_importance(bits):
    file = pack(FILES)
    noticed = 0
    for at in range(len(file)):
        harmed = file[:at] + bytes([file[at] ^ bits]) + file[at + 1 :]
        try:
            assert unpack(harmed) == FILES
        except Damaged:
            noticed += 1
    # The rest are times, versions and rights that nobody reads.
    assert noticed > 0.7 * len(file)
