"""The tree of the plan, its themes and its organisations: what the actions are arranged by."""

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.models import Organisation
from ansanm.accounts.permissions import Permission
from ansanm.conventions.concertation.thread import origins_by_node
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import House, PlanActor, PlanNode
from ansanm.conventions.plan import actor_operations, node_operations
from ansanm.conventions.plan.filters import in_order, indented
from ansanm.conventions.plan.node_operations import KINDS, NATIONAL_THEMES, StillHeld
from ansanm.conventions.plan.overview import Overview
from ansanm.conventions.plan.pages import plan_context
from ansanm.conventions.plan.progress import Progress
from ansanm.conventions.plan.wording import Words
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.formats import quoted

THEME_NAMES = {
    "access_to_rights": gettext_lazy("Accès aux droits"),
    "early_childhood": gettext_lazy("Petite enfance"),
    "youth": gettext_lazy("Enfance et jeunesse"),
    "parenting": gettext_lazy("Parentalité"),
    "housing": gettext_lazy("Logement et cadre de vie"),
    "social_life": gettext_lazy("Animation de la vie sociale"),
    "integration": gettext_lazy("Insertion"),
}
ELSEWHERE = "none"


def find_node(request, pk) -> PlanNode:
    return get_object_or_404(request.convention.nodes.select_related("parent"), pk=pk)


def branches(overview, counted) -> list[dict]:
    """The top of the tree, each branch with those below it and its own actions."""
    below: dict = {}
    for node in in_order(overview):
        below.setdefault(node.parent_id, []).append(node)
    held: dict = {}
    for action in overview.actions:
        held.setdefault(action.node_id, []).append(action)

    needs = origins_by_node(overview.convention)

    def branch(node):
        inside = [one for one in overview.actions if any(step.pk == node.pk for step in one.path)]
        return {
            "node": node,
            "row": counted.row(str(node), inside),
            "actions": held.get(node.pk, []),
            "needs": needs.get(node.pk, []),
            "children": [branch(child) for child in below.get(node.pk, [])],
            # What may be added under it.
            "is_lowest": node.kind == KINDS[-1],
        }

    return [branch(node) for node in below.get(None, [])]


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def tree(request, slug):
    context = plan_context(request, "plan_tree")
    overview = context["overview"]
    context |= {
        "branches": branches(overview, Progress(overview, reported=[])),
        "loose": [one for one in overview.actions if not one.path],
        "n_found": len(overview.actions),
    }
    return render(request, "conventions/plan/tree.html", context)


class NodeForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Niveau"), choices=PlanNode.Kind.choices)
    label = forms.CharField(
        label=gettext_lazy("Intitulé"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "Vide si la convention compte ce niveau sans le nommer : il dira « nom non publié »."
        ),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    parent = forms.ChoiceField(label=gettext_lazy("Rangé sous"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, overview, own=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.overview = overview
        above = [
            (node.pk, indented(overview, node))
            for node in in_order(overview)
            if node.kind != KINDS[-1]
            and not (own and any(one.pk == own.pk for one in overview.path(node.pk)))
        ]
        self.fields["parent"].choices = [("", _("Rien : en haut du plan")), *above]

    @property
    def facts(self):
        found = {name: self.cleaned_data[name] for name in ("kind", "label", "description")}
        parent = self.cleaned_data["parent"]
        return found | {"parent": self.overview.nodes[int(parent)] if parent else None}


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def node_new(request, slug):
    overview = Overview(request.convention, request.user)
    asked = request.GET.get("parent", "")
    above = overview.nodes.get(int(asked)) if asked.isdecimal() else None
    kind = KINDS[min(KINDS.index(above.kind) + 1, 2)] if above else KINDS[0]
    form = NodeForm(
        request.POST if request.method == "POST" else None,
        overview=overview,
        initial={"kind": kind, "parent": above.pk if above else ""},
    )
    if request.method == "POST" and form.is_valid():
        try:
            node = node_operations.add_node(by=request.user, convention=request.convention, **form.facts)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("%(name)s est dans le plan.") % {"name": quoted(node)})
            return redirect("plan_tree", slug)
    context = context_of(request, form=form, here=_("Ajouter un enjeu ou un objectif"))
    return render(request, "conventions/plan/node_form.html", context, status=422 if form.errors else 200)


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def node_edit(request, slug, pk):
    node, overview = find_node(request, pk), Overview(request.convention, request.user)
    form = NodeForm(
        request.POST if request.method == "POST" else None,
        overview=overview,
        own=node,
        initial={
            "kind": node.kind,
            "label": node.label,
            "description": node.description,
            "parent": node.parent_id or "",
            "version": node.version,
        },
    )
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            node_operations.update_node(
                by=request.user, node=node, version=form.cleaned_data["version"] or 0, **form.facts
            )
        except StaleVersion as conflict:
            stale = conflict.current
            form = NodeForm(with_version(form.data, stale.version), overview=overview, own=node)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request, _("%(name)s est enregistré.") % {"name": quoted(form.cleaned_data["label"])}
            )
            return redirect("plan_tree", slug)
    context = context_of(request, form=form, node=node, stale=stale, here=_("Corriger un niveau du plan"))
    return render(
        request,
        "conventions/plan/node_form.html",
        context,
        status=409 if stale else 422 if form.errors else 200,
    )


def with_version(data, version):
    data = data.copy()
    data["version"] = version
    return data


class NodeDeleteForm(forms.Form):
    actions_to = forms.ChoiceField(label=gettext_lazy("Où vont ses actions\u202f?"), required=False)

    def __init__(self, *args, overview, own, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["actions_to"].choices = [
            ("", _("Choisissez")),
            (ELSEWHERE, _("Sans rattachement")),
            *((node.pk, indented(overview, node)) for node in in_order(overview) if node.pk != own.pk),
        ]


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def node_delete(request, slug, pk):
    node, overview = find_node(request, pk), Overview(request.convention, request.user)
    held = [one for one in overview.actions if one.node_id == node.pk]
    children = [one for one in overview.nodes.values() if one.parent_id == node.pk]
    form = NodeDeleteForm(request.POST if request.method == "POST" else None, overview=overview, own=node)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["actions_to"]
        try:
            n_moved = node_operations.delete_node(
                by=request.user,
                node=node,
                actions_to=overview.nodes[int(to)] if to and to != ELSEWHERE else None,
                move_actions=bool(to),
            )
        except StillHeld:
            form.add_error(
                "actions_to" if not children else None,
                _("Dites d’abord où vont ses actions.")
                if not children
                else _("Rangez ou retirez d’abord les niveaux qui sont dessous."),
            )
        else:
            said = _("%(name)s est retiré du plan.") % {"name": quoted(node)}
            if n_moved:
                said += " " + ngettext(
                    "%(n)s action a changé de rattachement.",
                    "%(n)s actions ont changé de rattachement.",
                    n_moved,
                ) % {"n": n_moved}
            messages.success(request, said)
            return redirect("plan_tree", slug)
    context = context_of(
        request, form=form, node=node, held=held, children=children, here=_("Retirer un niveau du plan")
    )
    return render(request, "conventions/plan/node_delete.html", context, status=422 if form.errors else 200)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def shift(request, slug):
    """« node:12:-1 », « action:7:1 », « theme:3:-1 »: one place up or down."""
    kind, pk, places = (request.POST.get("shift", "").split(":") + ["", "", ""])[:3]
    back = "plan_themes" if kind == "theme" else "plan_tree"
    if not pk.isdecimal() or places not in {"-1", "1"}:
        messages.error(request, _("Ce bouton n’existe plus : la page a changé. Rien n’a été modifié."))
        return redirect(back, slug)
    match kind:
        case "node":
            node_operations.shift_node(by=request.user, node=find_node(request, pk), by_places=int(places))
        case "theme":
            theme = get_object_or_404(request.convention.themes, pk=pk)
            node_operations.shift_theme(by=request.user, theme=theme, by_places=int(places))
        case "action":
            action = get_object_or_404(request.convention.actions.standing(), pk=pk)
            beside = [
                one.pk
                for one in Overview(request.convention, request.user).actions
                if one.node_id == action.node_id
            ]
            node_operations.shift_action(by=request.user, action=action, by_places=int(places), beside=beside)
    return redirect(back, slug)


# ---- themes ----


class ThemeForm(forms.Form):
    slug = forms.ChoiceField(label=gettext_lazy("Thématique"), required=False)
    label = forms.CharField(
        label=gettext_lazy("Intitulé dans cette convention"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Vide pour garder celui de la thématique choisie."),
    )

    def __init__(self, *args, held, **kwargs):
        super().__init__(*args, **kwargs)
        left = [(slug, THEME_NAMES[slug]) for slug in NATIONAL_THEMES if slug not in held]
        self.fields["slug"].choices = [*left, ("", _("Une autre, propre à la convention"))]

    def clean(self):
        data = super().clean()
        if not data.get("slug") and not data.get("label"):
            self.add_error("label", _("Donnez un intitulé à cette thématique."))
        return data


@requires(Permission.CONVENTION_READ, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def themes(request, slug):
    held = list(
        request.convention.themes.annotate(
            n_actions=Count("actions", filter=Q(actions__deleted_at__isnull=True))
        )
    )
    context = context_of(request, themes=held, here=_("Thématiques"))
    may_edit = context["may_plan_edit"]
    form = ThemeForm(
        request.POST if request.method == "POST" and may_edit else None, held={one.slug for one in held}
    )
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["slug"]
        label = form.cleaned_data["label"] or str(THEME_NAMES[chosen])
        try:
            node_operations.add_theme(
                by=request.user, convention=request.convention, label=label, slug=chosen
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("%(name)s est une thématique du plan.") % {"name": quoted(label)})
            return redirect("plan_themes", slug)
    context["form"] = form
    return render(request, "conventions/plan/themes.html", context, status=422 if form.errors else 200)


class ThemeEditForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("Intitulé"), max_length=120)


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def theme_edit(request, slug, pk):
    theme = get_object_or_404(request.convention.themes, pk=pk)
    form = ThemeEditForm(request.POST if request.method == "POST" else None, initial={"label": theme.label})
    if request.method == "POST" and form.is_valid():
        node_operations.rename_theme(by=request.user, theme=theme, label=form.cleaned_data["label"])
        messages.success(request, _("La thématique est renommée."))
        return redirect("plan_themes", slug)
    context = context_of(request, form=form, theme=theme, here=_("Renommer une thématique"))
    return render(request, "conventions/plan/theme_form.html", context, status=422 if form.errors else 200)


class ThemeDeleteForm(forms.Form):
    replace_by = forms.ChoiceField(label=gettext_lazy("Par quoi la remplacer\u202f?"), required=False)

    def __init__(self, *args, convention, own, **kwargs):
        super().__init__(*args, **kwargs)
        others = convention.themes.exclude(pk=own.pk).values_list("pk", "label")
        self.fields["replace_by"].choices = [("", _("Choisissez")), (ELSEWHERE, _("Par rien")), *others]


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def theme_delete(request, slug, pk):
    theme = get_object_or_404(request.convention.themes, pk=pk)
    held = list(request.convention.actions.standing().filter(themes=theme))
    form = ThemeDeleteForm(
        request.POST if request.method == "POST" else None, convention=request.convention, own=theme
    )
    if request.method == "POST" and form.is_valid():
        by = form.cleaned_data["replace_by"]
        other = request.convention.themes.get(pk=by) if by and by != ELSEWHERE else None
        try:
            node_operations.delete_theme(
                by=request.user, theme=theme, replace_by=other, move_actions=bool(by)
            )
        except StillHeld:
            form.add_error("replace_by", _("Dites d’abord par quoi la remplacer dans ses actions."))
        else:
            messages.success(request, _("%(name)s est retirée du plan.") % {"name": quoted(theme.label)})
            return redirect("plan_themes", slug)
    context = context_of(request, form=form, theme=theme, held=held, here=_("Retirer une thématique"))
    return render(request, "conventions/plan/theme_delete.html", context, status=422 if form.errors else 200)


# ---- organisations ----


SEEN = "conventions.plan.actor"


class ActorForm(forms.Form):
    # What the page showed: of two people who correct different things, both are kept.
    seen_facts = forms.CharField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=200)
    aliases = forms.CharField(
        label=gettext_lazy("Autres noms"),
        help_text=gettext_lazy(
            "Un par ligne : un import ou une saisie sous l’un d’eux trouve cet organisme."
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    house = forms.ChoiceField(label=gettext_lazy("Maison"), required=False)
    organisation = forms.ChoiceField(
        label=gettext_lazy("Organisme de la plateforme"),
        required=False,
        help_text=gettext_lazy("Parmi les signataires et les organismes des membres de la convention."),
    )

    def __init__(self, *args, convention, **kwargs):
        super().__init__(*args, **kwargs)
        houses = [(value, label) for value, label in House.choices if value != House.SHARED]
        self.fields["house"].choices = [("", _("Partenaire")), *houses]
        known = Organisation.objects.filter(
            Q(convention_parties__convention=convention) | Q(users__convention_roles__convention=convention)
        ).distinct()
        self.fields["organisation"].choices = [("", _("Aucun")), *((one.pk, one.name) for one in known)]

    @property
    def seen(self) -> dict | None:
        try:
            return signing.loads(self.cleaned_data["seen_facts"], salt=SEEN)
        except signing.BadSignature:
            return None

    @property
    def facts(self):
        data = self.cleaned_data
        lines = (" ".join(line.split()) for line in data["aliases"].splitlines())
        return {
            "name": " ".join(data["name"].split()),
            "aliases": list(dict.fromkeys(line for line in lines if line)),
            "house": data["house"],
            "organisation": int(data["organisation"]) if data["organisation"] else None,
        }


def find_actor(request, pk) -> PlanActor:
    return get_object_or_404(request.convention.actors, pk=pk)


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def actors(request, slug):
    standing = Q(piloted__deleted_at__isnull=True)
    held = request.convention.actors.select_related("organisation").annotate(
        n_piloted=Count("piloted", filter=standing, distinct=True),
        n_partner=Count(
            "partnerships", filter=Q(partnerships__action__deleted_at__isnull=True), distinct=True
        ),
        n_funder=Count("financing_lines", distinct=True),
    )
    context = context_of(request, actors=held, here=_("Organismes du plan"))
    return render(request, "conventions/plan/actors.html", context)


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def actor_edit(request, slug, pk):
    actor = find_actor(request, pk)
    facts = actor_operations.facts_of(actor)
    form = ActorForm(
        request.POST if request.method == "POST" else None,
        convention=request.convention,
        initial=facts
        | {
            "seen_facts": signing.dumps(facts, salt=SEEN),
            "aliases": "\n".join(actor.aliases),
            "organisation": actor.organisation_id or "",
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            actor_operations.update_actor(by=request.user, actor=actor, seen=form.seen or facts, **form.facts)
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(request, _("L’organisme est enregistré."))
            return redirect("plan_actors", slug)
    uses = actor_operations.uses_of(actor)
    context = context_of(
        request, form=form, actor=actor, is_used=any(uses.values()), here=_("Corriger un organisme")
    )
    return render(request, "conventions/plan/actor_form.html", context, status=422 if form.errors else 200)


class MergeForm(forms.Form):
    into = forms.ChoiceField(label=gettext_lazy("C’est le même organisme que"))

    def __init__(self, *args, convention, own, **kwargs):
        super().__init__(*args, **kwargs)
        others = convention.actors.exclude(pk=own.pk).values_list("pk", "name")
        self.fields["into"].choices = [("", _("Choisissez")), *others]


@requires(Permission.PLAN_EDIT, on=find)
@require_http_methods(["GET", "HEAD", "POST"])
def actor_merge(request, slug, pk):
    actor = find_actor(request, pk)
    form = MergeForm(
        request.POST if request.method == "POST" else None, convention=request.convention, own=actor
    )
    into = None
    if request.method == "POST" and form.is_valid():
        into = request.convention.actors.get(pk=form.cleaned_data["into"])
        if request.POST.get("step") == "write":
            try:
                actor_operations.merge_actors(by=request.user, actor=actor, into=into)
            except ValidationError as error:
                # A fiche kept from before a rule was there: its own page says what to mend.
                form.add_error(None, "; ".join(error.messages))
            else:
                messages.success(
                    request,
                    _("%(gone)s est désormais un nom de %(kept)s.")
                    % {"gone": quoted(actor.name), "kept": quoted(into.name)},
                )
                return redirect("plan_actors", slug)
    context = context_of(
        request,
        form=form,
        actor=actor,
        into=into,
        uses=actor_operations.uses_of(actor),
        words=Words(request.convention),
        here=_("Réunir deux organismes"),
    )
    return render(request, "conventions/plan/actor_merge.html", context, status=422 if form.errors else 200)


@requires(Permission.PLAN_EDIT, on=find)
@require_POST
def actor_delete(request, slug, pk):
    actor = find_actor(request, pk)
    try:
        actor_operations.delete_actor(by=request.user, actor=actor)
    except StillHeld:
        messages.error(
            request,
            _("%(name)s est nommé dans des fiches : réunissez-le à un autre organisme. Rien n’a été modifié.")
            % {"name": quoted(actor.name)},
        )
        return redirect("plan_actor", slug, pk)
    messages.success(request, _("%(name)s est retiré du plan.") % {"name": quoted(actor.name)})
    return redirect("plan_actors", slug)
