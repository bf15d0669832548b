"""Where a long work is; stopping it, asking for it again."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import requires, signed_in
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.jobs import operations
from ansanm.jobs.models import Job
from ansanm.jobs.words import title_of

PAGE_SIZE = 30


def visible(request, pk):
    """Return the job if it is `request.user`'s, or if they run the platform; 404 otherwise."""
    all_of_them = has_permission(request.user, Permission.DATA_SYNC)
    return get_object_or_404(Job.objects.visible_to(request.user, all_of_them=all_of_them), pk=pk)


@require_safe
@requires(Permission.DATA_SYNC)
def job_list(request):
    page = Paginator(Job.objects.select_related("requested_by"), PAGE_SIZE).get_page(request.GET.get("page"))
    for one in page:
        one.title = title_of(one)
    return render(request, "jobs/job_list.html", {"page": page})


@require_safe
@signed_in
def job(request, pk):
    found = visible(request, pk)
    template = "jobs/parts/progress.html" if request.htmx else "jobs/job.html"
    return render(request, template, {"job": found, "title": title_of(found)})


@require_POST
@signed_in
def job_cancel(request, pk):
    found = visible(request, pk)
    try:
        operations.cancel(found, by=request.user)
    except operations.CannotDo:
        messages.info(request, _("Ce travail était déjà terminé."))
    return redirect(found)


@require_POST
@signed_in
def job_again(request, pk):
    found = visible(request, pk)
    try:
        return redirect(operations.run_again(found, by=request.user))
    except operations.CannotDo:
        messages.info(request, _("Ce travail n’a pas à être relancé."))
        return redirect(found)
