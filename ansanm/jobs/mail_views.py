"""The messages that did not leave: who runs the platform sees why, and sends them again."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.jobs import outbox
from ansanm.jobs.models import OutgoingMail

PAGE_SIZE = 30


@require_safe
@requires(Permission.USER_ADD)
def mails(request):
    counts = dict(OutgoingMail.objects.order_by().values_list("state").annotate(Count("pk")))
    waiting = OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT)
    page = Paginator(waiting, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "jobs/mails.html",
        {
            "page": page,
            "counts": [(label, counts.get(state, 0)) for state, label in OutgoingMail.State.choices],
            "kept_days": outbox.KEPT.days,
        },
    )


@require_POST
@requires(Permission.USER_ADD)
def again(request, pk):
    mail = outbox.send_again(by=request.user, mail=get_object_or_404(OutgoingMail, pk=pk))
    if mail.state == OutgoingMail.State.QUEUED:
        messages.success(request, _("Le message à %(address)s repart.") % {"address": mail.to})
    else:
        messages.info(request, _("Le message à %(address)s était déjà parti.") % {"address": mail.to})
    return redirect("mails")
