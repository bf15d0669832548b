from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines.differences import Piece, changed_words

texts = st.text(st.sampled_from("ab \n"), max_size=40)


def test_a_changed_word_stands_between_those_that_stayed():
    assert changed_words("Six places ouvertes", "Huit places ouvertes") == [
        Piece("gone", "Six"),
        Piece("new", "Huit"),
        Piece("same", " places ouvertes"),
    ]


@given(texts, texts)
def test_both_texts_can_be_read_out_of_the_pieces(before, after):
    pieces = changed_words(before, after)

    assert "".join(one.text for one in pieces if one.kind != "new") == before
    assert "".join(one.text for one in pieces if one.kind != "gone") == after
