"""Laws of axes as text: the names in them, and other names in their place."""

from boardwork.law_names import names_in, renamed


def test_names_are_read_and_renamed_and_numbers_stay():
    law = "batch*(seq_len/16)+2"
    assert names_in(law) == ["batch", "seq_len"]
    assert renamed(law, {"seq_len": "T", "seq": "no"}) == "batch*(T/16)+2"
    assert names_in("197") == []
