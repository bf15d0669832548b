from django.db.models import Avg, Count, Max, Sum
from django.shortcuts import render

from benchmarks.bare_stack.models import Action


def page(request, pk=None):
    actions = Action.objects.all()
    context = {
        "who": request.user.get_username(),  # the session, then the user: two queries
        "rows": list(actions.order_by("-starts_on")[:42]),
        "n": actions.count(),
        "total": actions.aggregate(Sum("amount"))["amount__sum"],
        "mean": actions.aggregate(Avg("amount"))["amount__avg"],
        "last": actions.aggregate(Max("ends_on"))["ends_on__max"],
        "by_status": list(actions.values("status").annotate(n=Count("pk")).order_by("status")),
        "by_owner": list(actions.values("owner").annotate(n=Count("pk")).order_by("-n")[:5]),
        "first": actions.order_by("starts_on").first(),
    }
    return render(request, "page.html", context)
