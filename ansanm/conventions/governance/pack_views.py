"""The pack and the minutes of a meeting as files, in one click."""

from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.governance import pack
from ansanm.conventions.governance.pages import find_meeting
from ansanm.conventions.views import find
from ansanm.ui.downloads import attached
from ansanm.ui.limits import limited


def named(meeting, what: str, format: str) -> str:
    rank = f"-{meeting.rank}" if meeting.rank else ""
    return f"{meeting.body.convention.slug}-{meeting.body.kind}{rank}-{what}.{format}"


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
@limited
def meeting_pack(request, slug, pk, format):
    meeting = find_meeting(request, pk)
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
    meeting = find_meeting(request, pk)
    if format not in pack.WRITERS:
        raise Http404(_("Ce format n’existe pas."))
    return attached(
        pack.written(pack.minutes_document(meeting, request.user), format),
        named(meeting, "compte-rendu", format),
    )
