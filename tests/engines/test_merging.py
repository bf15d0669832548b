"""Whoever writes second, nothing that either wrote is dropped unseen."""

from hypothesis import given
from hypothesis import strategies as st

from ansanm.engines.merging import merge

FIELDS = ("title", "context", "themes")
scalars = st.sampled_from(["", "a", "b", "c"])
sets = st.lists(st.sampled_from("xyz"), unique=True)
rows = st.lists(st.sampled_from("klm"), unique=True).flatmap(
    lambda keys: st.tuples(*(st.fixed_dictionaries({"key": st.just(k), "v": scalars}) for k in keys)).map(
        list
    )
)
contents = st.fixed_dictionaries({"title": scalars, "context": scalars, "themes": sets, "operations": rows})


def joined(base, mine, theirs):
    return merge(base, mine, theirs, sets={"themes"}, rows={"operations"})


@given(contents, contents, contents)
def test_every_field_is_mine_theirs_joined_or_in_conflict(base, mine, theirs):
    merged = joined(base, mine, theirs)
    for name in base:
        if name in merged.conflicts:
            assert (merged.conflicts[name].mine, merged.conflicts[name].theirs) == (mine[name], theirs[name])
            assert merged.values[name] == theirs[name]
        elif mine[name] == base[name]:
            assert merged.values[name] == theirs[name]
        elif theirs[name] == base[name]:
            assert merged.values[name] == mine[name]


@given(contents, contents, contents)
def test_what_either_added_is_there_and_what_either_removed_is_not(base, mine, theirs):
    merged = joined(base, mine, theirs)
    themes = set(merged.values["themes"])
    for one in "xyz":
        sides = {one in mine["themes"], one in theirs["themes"]}
        # The obvious twin: the side that changed its mind wins.
        expected = (one not in base["themes"]) if len(sides) == 2 else sides.pop()
        assert (one in themes) == expected
    if "operations" not in merged.conflicts:
        kept = {row["key"]: row for row in merged.values["operations"]}
        before = {row["key"]: row for row in base["operations"]}
        for side in (mine, theirs):
            held = {row["key"]: row for row in side["operations"]}
            for key, row in held.items():
                assert before.get(key) == row or kept.get(key) == row
            assert all(key not in kept for key in before if key not in held)


@given(contents, contents)
def test_who_is_alone_saves_what_they_wrote(base, mine):
    assert joined(base, mine, base).values == mine
    assert not joined(base, mine, base).conflicts
