"""Who a comment names, and its ten minutes to be corrected; taking it back has no limit."""

import re
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ansanm.accounts.audit import record
from ansanm.accounts.models import User
from ansanm.conventions.models import Comment
from ansanm.conventions.plan import notices
from ansanm.conventions.plan.operations import NotYours, TooLate
from ansanm.ui.formats import listed_apart

EDITABLE = timedelta(minutes=10)


def citable(convention, by) -> list[User]:
    """The members who can be named in a comment, in the order of their names."""
    return list(
        User.objects.filter(pk__in=notices.readers(convention) - {by.pk})
        .select_related("organisation")
        .order_by("last_name", "first_name", "pk")
    )


def shown(comments, *, user, house) -> list[Comment]:
    """`comments` that this person may read, each with what they may do of it."""
    found = comments.visible_to_house(house).select_related("by").prefetch_related("mentions")
    now = timezone.now()
    listed = list(found)
    for one in listed:
        one.may_remove = one.by_id == user.pk and one.deleted_at is None
        one.may_edit = one.may_remove and now - one.at <= EDITABLE
    return listed


def named_in(comment: Comment, cited) -> list[User]:
    """Those whom `comment` names: `cited`, and « @Prénom Nom » in its text.

    Only members; ValidationError when one of them may not read a private note.
    """
    members = citable(comment.action.convention_id, comment.by)
    keys = {one.pk for one in cited}
    names = [str(one).casefold() for one in members]
    # Of two people of the same name the text cannot say which: the list of names can.
    named = [
        one
        for one, name in zip(members, names, strict=True)
        if one.pk in keys or (names.count(name) == 1 and is_named(name, comment.text))
    ]
    may_read = notices.readers(comment.action.convention_id, house=comment.house)
    if left_out := [str(one) for one in named if one.pk not in may_read]:
        raise ValidationError(
            {
                "text": _(
                    "Cette note privée ne peut pas être lue par %(names)s\u00a0: retirez ce nom, ou publiez "
                    "un commentaire que tous liront."
                )
                % {"names": listed_apart(left_out)}
            }
        )
    return named


def is_named(name: str, text: str) -> bool:
    """« @Anne Payet » is not said by « @Anne Payet-Hoarau »."""
    return re.search(rf"(?<!\w)@{re.escape(name)}(?![\w-])", text.casefold()) is not None


def own(comment: Comment, by) -> Comment:
    """The comment, locked, if it is of `by` and still there."""
    held = Comment.objects.select_for_update(of=("self",)).select_related("action__convention")
    held = held.get(pk=comment.pk)
    if held.by_id != by.pk or held.deleted_at:
        raise NotYours(f"Comment {held.pk} is not of {by}, or was taken back.")
    return held


@transaction.atomic
def edit_comment(*, by, comment, text, cited=()) -> Comment:
    """Correct it within ten minutes: later, others may have answered what it said."""
    comment = own(comment, by)
    if timezone.now() - comment.at > EDITABLE:
        raise TooLate(f"Comment {comment.pk} was written more than ten minutes ago.")
    if not text.strip():
        raise ValidationError({"text": _("Ce commentaire est vide.")})
    before = list(comment.mentions.all())
    comment.text, comment.edited_at = text.strip(), timezone.now()
    comment.clean_fields(exclude=["edited_at", "deleted_at"])
    named = named_in(comment, cited)
    comment.save(update_fields=["text", "edited_at"])
    comment.mentions.set(named)
    notices.recited(comment, before, named)
    return comment


@transaction.atomic
def remove_comment(*, by, comment) -> None:
    """Taken back: its words are gone for good, its place in the discussion stays."""
    comment = own(comment, by)
    comment.text, comment.deleted_at = "", timezone.now()
    comment.save(update_fields=["text", "deleted_at"])
    comment.mentions.clear()
    record("action.comment_remove", by=by, target=comment.action, convention=comment.action.convention)
