"""The pack and the minutes of a meeting as files, in one click."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.governance import pack
from ansanm.conventions.models import Meeting
from ansanm.conventions.views import find
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


def meeting_of(request, pk) -> Meeting:
    found = Meeting.objects.standing().filter(
        body__convention=request.convention, body__deleted_at__isnull=True
    )
    return get_object_or_404(found.select_related("body__convention"), pk=pk)


def named(meeting, what: str, format: str) -> str:
    rank = f"-{meeting.rank}" if meeting.rank else ""
    return f"{meeting.body.convention.slug}-{meeting.body.kind}{rank}-{what}.{format}"


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def meeting_pack(request, slug, pk, format):
    meeting = meeting_of(request, pk)
    if format == "zip":
        content = pack.archive(meeting, request.user)
    elif format in pack.WRITERS:
        content = pack.written(pack.pack_document(meeting, request.user), format)
    else:
        raise Http404(_("Ce format n’existe pas."))
    return attached(content, named(meeting, "dossier", format))


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def meeting_minutes(request, slug, pk, format):
    meeting = meeting_of(request, pk)
    if format not in pack.WRITERS:
        raise Http404(_("Ce format n’existe pas."))
    return attached(
        pack.written(pack.minutes_document(meeting, request.user), format),
        named(meeting, "compte-rendu", format),
    )
