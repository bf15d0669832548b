"""Personal links: given and revoked by members; used, without account, on a page of their own."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.cache import cache
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from ansanm.accounts.access import public, requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.plan import contributors
from ansanm.conventions.plan.fiche_views import find_action
from ansanm.conventions.plan.news_forms import ContributeForm, ContributorForm
from ansanm.conventions.views import context_of, find

form_methods = require_http_methods(["GET", "HEAD", "POST"])


# 32 random bytes are not guessed, but let nobody try; and a fiche is not filled by a script.
CALLS_PER_MINUTE = 60
MESSAGES_PER_HOUR = 20


def too_often(what: str, most: int, seconds: int) -> bool:
    """Whether `what` was done more than `most` times since the window of `seconds` opened."""
    key = f"contribute:{what}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > most
    except ValueError:
        # The window closed between the two lines.
        return False


@requires(Permission.PLAN_EDIT, on=find)
@form_methods
def contributors_of(request, slug, pk):
    """The links of a fiche, and a form for one more; a new address is shown this once."""
    action = find_action(request, pk)
    form, address, given = ContributorForm(request.POST or None), "", None
    if request.method == "POST" and form.is_valid():
        given, address = contributors.create_link(
            by=request.user, action=action, absolute=request.build_absolute_uri, **form.cleaned_data
        )
        form = ContributorForm()
    return render(
        request,
        "conventions/plan/contributors.html",
        context_of(
            request,
            action=action,
            form=form,
            address=address,
            given=given,
            links=action.contributor_links.select_related("created_by"),
            now=timezone.now(),
        ),
        status=422 if form.errors else 200,
    )


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def contributor_revoke(request, slug, pk, link):
    action = find_action(request, pk)
    found = get_object_or_404(action.contributor_links.select_related("action__convention"), pk=link)
    contributors.revoke_link(by=request.user, link=found)
    messages.success(request, _("Le lien est révoqué\u00a0: il n’ouvre plus rien."))
    return redirect("contributors", slug, pk)


def closed(request, link, status):
    response = render(request, "conventions/plan/contribute_closed.html", {"link": link}, status=status)
    return unlisted(response)


def unlisted(response):
    """Kept out of indexes. The address is a key: « same-origin », the policy of every page, sends it to
    no other site; « no-referrer » would make browsers send the form without the origin that CSRF asks."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store, private"
    return response


@public
@form_methods
def contribute(request, token):
    if too_often(f"from:{get_adapter().get_client_ip(request)}", CALLS_PER_MINUTE, 60):
        return too_many(request)
    link = contributors.link_of(token)
    if link is None:
        return closed(request, None, 404)
    if not contributors.is_open(link):
        return closed(request, link, 410)
    sent = request.POST if request.method == "POST" else None
    form = ContributeForm(sent, action=link.action)
    if request.method == "POST" and form.is_valid():
        if too_often(f"by:{link.pk}", MESSAGES_PER_HOUR, 3600):
            return too_many(request)
        try:
            contributors.contribute(
                link=link,
                text=form.cleaned_data["text"],
                help_needed=form.cleaned_data["help_needed"],
                reached=form.cleaned_data.get("reached", ()),
                measures=form.measures,
            )
        except contributors.LinkEnded:
            return closed(request, link, 410)
        return unlisted(render(request, "conventions/plan/contribute_thanks.html", {"link": link}))
    status = 422 if form.errors else 200
    return unlisted(
        render(request, "conventions/plan/contribute.html", {"link": link, "form": form}, status=status)
    )


def too_many(request):
    response = render(request, "conventions/plan/contribute_wait.html", status=429)
    response.headers["Retry-After"] = "60"
    return unlisted(response)
