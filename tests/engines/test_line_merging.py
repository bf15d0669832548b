"""Whoever saves second, no line that either wrote is dropped unseen."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from ansanm.engines.line_merging import merge_lines
from tests.hangs import ends

texts = st.lists(st.sampled_from(["", "a", "b", "c", "d"]), max_size=8).map("\n".join)
# What each of two people does to the lines of a text, one place out of two: keep, change or remove.
edits = st.lists(st.sampled_from(["keep", "change", "remove"]), min_size=12, max_size=12)


def lines(text):
    return text.split("\n") if text else []


def test_two_people_who_write_apart_are_joined():
    joined = merge_lines(
        "Ouverture\nLe budget\nClôture",
        "Ouverture à 9 h\nLe budget\nClôture",
        "Ouverture\nLe budget\nClôture à 11 h",
    )

    assert joined.text == "Ouverture à 9 h\nLe budget\nClôture à 11 h"
    assert not joined.conflicts


def test_two_people_who_both_add_at_the_end_are_both_kept():
    joined = merge_lines("Ouverture", "Ouverture\nLa Caf dit oui", "Ouverture\nLa Ville dit oui")

    assert joined.text == "Ouverture\nLa Ville dit oui\nLa Caf dit oui"
    assert joined.both_added and not joined.conflicts


def test_one_line_changed_both_ways_is_a_conflict_that_shows_both():
    joined = merge_lines("Début\n300 k€\nFin", "Début\n310 k€\nFin", "Début\n320 k€\nFin")

    (conflict,) = joined.conflicts
    assert (conflict.base, conflict.mine, conflict.theirs) == (("300 k€",), ("310 k€",), ("320 k€",))
    assert joined.text == "Début\n320 k€\n310 k€\nFin"


@given(edits, edits)
@settings(max_examples=100)
def test_changes_of_different_lines_give_what_doing_both_by_hand_gives(mine, theirs):
    """The slow twin: unlike lines, each side touching its own, done one after the other."""
    base = [f"ligne {n}" for n in range(25)]

    def done(line, n, who, deed):
        return {"keep": [line], "change": [f"{line} de {who}"], "remove": []}[deed]

    # Mine are lines 0, 4, 8…, theirs 2, 6, 10…: never beside one another.
    by_me = {4 * n: mine[n] for n in range(6)}
    by_them = {4 * n + 2: theirs[n] for n in range(6)}

    def written(*sides):
        result = []
        for n, line in enumerate(base):
            kept = [line]
            for who, deeds in sides:
                if n in deeds:
                    kept = done(line, n, who, deeds[n])
            result += kept
        return "\n".join(result)

    joined = merge_lines("\n".join(base), written(("moi", by_me)), written(("eux", by_them)))

    assert joined.text == written(("moi", by_me), ("eux", by_them))
    assert not joined.conflicts


@given(texts, texts)
def test_who_is_alone_saves_what_they_wrote(base, mine):
    assert lines(merge_lines(base, mine, base).text) == lines(mine)
    assert lines(merge_lines(base, base, mine).text) == lines(mine)
    assert lines(merge_lines(base, mine, mine).text) == lines(mine)


@given(texts, texts, texts)
@settings(max_examples=100)
def test_what_either_added_is_in_the_result(base, mine, theirs):
    joined = Counter(lines(merge_lines(base, mine, theirs).text))
    was = Counter(lines(base))
    for side in (mine, theirs):
        # Both may have added the same: once is enough for the two.
        assert not (Counter(lines(side)) - was) - joined


def test_ten_thousand_empty_lines_do_not_hang():
    with ends():
        merge_lines("\n" * 10_000, "a" + "\n" * 9_000 + "b", "c" + "\n" * 11_000)
