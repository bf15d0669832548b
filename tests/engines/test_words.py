from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines.words import TEXT, TITLE, build

words = st.text("abc", min_size=1, max_size=4)
phrases = st.lists(words, max_size=5).map(" ".join)


def slowly(texts, query):
    """The obvious twin: each word typed begins a word of the text; the title counts more."""
    scores = {}
    for place, (title, text) in enumerate(texts):
        score = 0
        for word in dict.fromkeys(query.split()):
            in_title = any(one.startswith(word) for one in title.split())
            in_text = any(one.startswith(word) for one in text.split())
            if not in_title and not in_text:
                break
            score += TITLE if in_title else TEXT
        else:
            if query.split():
                scores[place] = score
    return scores


@given(st.lists(st.tuples(phrases, phrases), max_size=12), phrases)
def test_what_begins_as_typed_is_found_as_the_obvious_way_finds_it(texts, query):
    expected = slowly(texts, query)
    found, scores = build(texts).find(query)
    if expected:
        assert dict(zip(found.tolist(), scores.tolist(), strict=True)) == expected
        assert sorted(scores.tolist(), reverse=True) == scores.tolist()


TEXTS = [
    ("ludotheque mobile", "jeux au chaudron"),
    ("epicerie solidaire", "aide alimentaire"),
    ("soutien aux creches", "petite enfance ludotheque"),
]


def found(query):
    return build(TEXTS).find(query)[0].tolist()


def test_a_title_comes_before_a_text():
    assert found("ludotheque") == [0, 2]


def test_a_typo_is_forgiven_and_a_stranger_is_not():
    assert found("ludoteque") == [0, 2]
    assert found("epiceri soldaire") == [1]
    assert found("piscine") == []
    assert found("") == []


def test_every_word_must_be_there():
    assert found("ludotheque enfance") == [2]
    assert found("ludotheque alimentaire") == []


def test_an_empty_index_finds_nothing():
    assert build([]).find("creche")[0].tolist() == []
