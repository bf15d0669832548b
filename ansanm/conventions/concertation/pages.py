"""What every page of the concertation shows: where one is in it."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ansanm.conventions.views import context_of

# In the order things happen: what is heard, what is drawn from it, what is told back.
VIEWS = [
    ("concertation", _("Vue d’ensemble"), "desk"),
    ("contributions", _("Contributions"), "people"),
    ("needs", _("Besoins et atouts"), "list"),
    ("priorities", _("Priorités"), "steps"),
    ("consultation_edit", _("Page publique"), "external"),
]
# Those that only who leads the concertation opens.
LEADERS = {"consultation_edit"}


def concertation_context(request, view="", **more):
    context = context_of(request, **more)
    context["concertation_views"] = [
        {"url": reverse(name, args=[request.convention.slug]), "text": words, "icon": icon}
        | {"is_current": name == view}
        for name, words, icon in VIEWS
        if context["may_concertation_edit"] or name not in LEADERS
    ]
    return context
