"""What one house asks of the other: the list, each with its differences, and the answers."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.models import House, Proposal
from ansanm.conventions.plan import content as contents
from ansanm.conventions.plan import news, operations, talk, wording
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.plan.news_forms import CommentForm
from ansanm.conventions.plan.pages import plan_views
from ansanm.conventions.views import context_of, find
from ansanm.engines.merging import merge

PER_PAGE = 30


class ProposalFilter(forms.Form):
    """The filters of the list; they live in its address."""

    etat = forms.ChoiceField(label=_("État"), required=False)
    pour = forms.ChoiceField(label=_("Qui répond"), required=False)
    de = forms.ChoiceField(label=_("Écrites par"), required=False)

    def __init__(self, data, *, user):
        super().__init__(data)
        self.user = user
        self.fields["etat"].choices = [
            ("", gettext("En attente")),
            *((value, label) for value, label in Proposal.State.choices if value != "open"),
            ("toutes", gettext("Toutes")),
        ]
        self.fields["pour"].choices = [
            ("", gettext("Les deux maisons")),
            *((one.value, one.label) for one in (House.CITY, House.CAF)),
        ]
        self.fields["de"].choices = [("", gettext("Tout le monde")), ("moi", gettext("Moi"))]
        self.is_valid()

    def found(self, proposals):
        asked = self.cleaned_data
        state = asked.get("etat") or Proposal.State.OPEN
        if state != "toutes":
            proposals = proposals.filter(state=state)
        if asked.get("pour"):
            proposals = proposals.filter(to_house=asked["pour"])
        if asked.get("de"):
            proposals = proposals.filter(by=self.user)
        return proposals

    @property
    def query(self) -> str:
        kept = {name: value for name, value in self.cleaned_data.items() if value}
        return "".join(f"{name}={value}&" for name, value in kept.items())


def proposals_of(convention):
    return Proposal.objects.filter(
        action__convention=convention, action__deleted_at__isnull=True
    ).select_related("action__convention", "by", "decided_by")


def find_proposal(request, pk) -> Proposal:
    return get_object_or_404(proposals_of(request.convention), pk=pk)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def proposals(request, slug):
    filters = ProposalFilter(request.GET, user=request.user)
    every = proposals_of(request.convention)
    page = Paginator(filters.found(every), PER_PAGE).get_page(request.GET.get("page"))
    words = wording.Words(request.convention)
    return render(
        request,
        "conventions/plan/proposals.html",
        context_of(
            request,
            page=page,
            filters=filters,
            n_total=every.count(),
            plan_views=plan_views(slug, "proposals"),
            house=house_of(request.user, request.convention),
            rows=[(one, words.differences(one.before, one.after)) for one in page],
        ),
    )


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def proposal(request, slug, pk):
    return shown(request, find_proposal(request, pk))


def shown(request, found, *, status=200, answer="", error=""):
    house = house_of(request.user, request.convention)
    words = wording.Words(request.convention)
    now = operations.fresh(found.action)
    is_open = found.state == Proposal.State.OPEN
    # Since it was written, did its own fields move? Then the answer is between three versions.
    merged = merge(found.before, found.after, now, sets=contents.SETS, rows=contents.ROWS)
    moved = {name: conflict.theirs for name, conflict in merged.conflicts.items()} if is_open else {}
    return render(
        request,
        "conventions/plan/proposal.html",
        context_of(
            request,
            proposal=found,
            action=found.action,
            differences=words.differences(found.before, found.after),
            moved=words.differences({name: found.before[name] for name in moved}, moved),
            to_label=House(found.to_house).label,
            by_label=House(found.by_house).label,
            may_answer=is_open and house == found.to_house,
            may_withdraw=is_open and found.by == request.user,
            comments=talk.shown(found.comments, user=request.user, house=house),
            comment_form=CommentForm(convention=request.convention, user=request.user),
            answer=answer,
            error=error,
        ),
        status=status,
    )


def answered_elsewhere(request, found):
    messages.error(request, _("Cette proposition a déjà sa réponse, ou c’est à l’autre maison de la donner."))
    return redirect("proposal", request.convention.slug, found.pk)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def proposal_accept(request, slug, pk):
    found = find_proposal(request, pk)
    answer, over = request.POST.get("answer", ""), request.POST.get("over") == "1"
    try:
        operations.accept_proposal(by=request.user, proposal=found, answer=answer, over=over)
    except operations.NotYours:
        return answered_elsewhere(request, found)
    except operations.MergeConflict:
        return shown(request, found, status=409, answer=answer)
    except ValidationError as error:
        return shown(request, found, status=422, answer=answer, error=" ".join(error.messages))
    messages.success(request, _("La proposition est acceptée et écrite dans la fiche."))
    return redirect(found.action)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def proposal_refuse(request, slug, pk):
    found = find_proposal(request, pk)
    answer = request.POST.get("answer", "")
    try:
        operations.refuse_proposal(by=request.user, proposal=found, answer=answer)
    except operations.NotYours:
        return answered_elsewhere(request, found)
    except ValidationError as error:
        return shown(request, found, status=422, answer=answer, error=" ".join(error.messages))
    messages.success(request, _("La proposition est refusée\u00a0: son auteur lira votre réponse."))
    return redirect("proposal", slug, pk)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def proposal_withdraw(request, slug, pk):
    found = find_proposal(request, pk)
    try:
        operations.withdraw_proposal(by=request.user, proposal=found)
    except operations.NotYours:
        return answered_elsewhere(request, found)
    messages.success(request, _("Votre proposition est retirée."))
    return redirect("proposal", slug, pk)


@requires(Permission.PLAN_COMMENT, on=find)
@require_POST
def proposal_discuss(request, slug, pk):
    found = find_proposal(request, pk)
    form = CommentForm(request.POST, convention=request.convention, user=request.user)
    if form.is_valid():
        try:
            news.add_comment(by=request.user, action=found.action, proposal=found, **form.cleaned_data)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Votre commentaire est sous la proposition."))
    else:
        messages.error(request, _("Ce commentaire est vide\u00a0: rien n’a été publié."))
    return redirect("proposal", slug, pk)
