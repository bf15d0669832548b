"""The agreement on one page: its stage, its parties, its versions; moving its stage, starting its plan."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions.agreement import operations, starting
from ansanm.conventions.agreement.forms import CopyForm, StageForm
from ansanm.conventions.agreement.stages import Requirements, picture
from ansanm.conventions.agreement.words import fte
from ansanm.conventions.forms import with_errors
from ansanm.conventions.models import AgreementVersion, Convention, Stage
from ansanm.conventions.plan.content import plain
from ansanm.conventions.views import context_of, find
from ansanm.territories.versions import StaleVersion

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.CONVENTION_READ, on=find)
@require_safe
def agreement(request, slug):
    convention = request.convention
    requirements = Requirements(convention).of(convention.stage)
    posts = list(convention.cooperation_posts.all())
    versions = list(convention.versions.select_related("printed"))
    moves = list(convention.stage_moves.select_related("by"))
    return render(
        request,
        "conventions/agreement/agreement.html",
        context_of(
            request,
            steps=picture(convention),
            requirements=requirements,
            n_met=sum(one.is_met for one in requirements),
            moves=[(one, Stage(one.before).label, Stage(one.after).label) for one in moves],
            parties=convention.parties.select_related("organisation", "deliberation_file").prefetch_related(
                "signatures"
            ),
            visas=convention.visas.all(),
            contracts=convention.linked_contracts.all(),
            posts=posts,
            total_fte=fte(plain(sum((one.fte_share for one in posts), start=Decimal(0)))),
            versions=versions,
            has_draft=any(one.state == AgreementVersion.State.DRAFT for one in versions),
            is_unstarted=not convention.themes.exists() and not convention.actions.exists(),
            previous=readable(request.user, convention.continues),
            following=Convention.objects.visible_to(request.user).filter(continues=convention),
        ),
    )


def readable(user, convention) -> Convention | None:
    """That convention, if there is one and `user` may read it."""
    return convention if convention and convention.roles_of(user) else None


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def move(request, slug):
    convention = request.convention
    form = StageForm(request.POST or None, convention=convention)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            operations.move_stage(
                by=request.user,
                convention=convention,
                version=form.cleaned_data["version"],
                to=form.cleaned_data["to"],
                reason=form.cleaned_data["reason"],
            )
        except StaleVersion as conflict:
            # What is missing may be there by now: it is enough to read the page again.
            convention = request.convention = conflict.current
            stale = True
            form = StageForm(
                dict(request.POST.items()) | {"version": convention.version}, convention=convention
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                _("La convention est à l’étape «\u00a0%(stage)s\u00a0».")
                % {"stage": form.cleaned_data["to"].label},
            )
            return redirect("agreement", slug)
    requirements = Requirements(convention)
    chosen = form.data.get("to")
    if chosen in Stage.values:
        missing = requirements.missing(convention.stage, chosen)
    else:
        missing = [one for one in requirements.of(convention.stage) if not one.is_met]
    return render(
        request,
        "conventions/agreement/move.html",
        context_of(
            request,
            form=form,
            stale=stale,
            # The base, not the field that a refused save left on the object.
            stage=convention.get_stage_display(),
            missing=missing,
        ),
        status=409 if stale else 422 if form.errors else 200,
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_safe
def start(request, slug):
    """The ways to begin a plan: the seven themes, or the plan of a convention one may read."""
    others = Convention.objects.visible_to(request.user).exclude(pk=request.convention.pk)
    there = set(request.convention.themes.values_list("slug", flat=True))
    return render(
        request,
        "conventions/agreement/start.html",
        context_of(
            request,
            themes=[(key, label, key in there) for key, label in starting.SEVEN_THEMES.items()],
            all_there=there >= starting.SEVEN_THEMES.keys(),
            others=others.prefetch_related("territories"),
        ),
    )


@requires(Permission.CONVENTION_EDIT, on=find)
@require_POST
def start_themes(request, slug):
    added = starting.add_seven_themes(by=request.user, convention=request.convention)
    messages.success(
        request,
        ngettext("%(n)s thématique ajoutée.", "%(n)s thématiques ajoutées.", len(added)) % {"n": len(added)},
    )
    return redirect("agreement", slug)


@requires(Permission.CONVENTION_EDIT, on=find)
@form_methods
def start_copy(request, slug, previous):
    others = Convention.objects.visible_to(request.user).exclude(pk=request.convention.pk)
    before = get_object_or_404(others, slug=previous)
    form = CopyForm(request.POST or None, previous=before)
    if request.method == "POST" and form.is_valid():
        try:
            made = starting.copy_plan(
                by=request.user,
                convention=request.convention,
                previous=before,
                actions=form.chosen,
                surroundings=form.cleaned_data["surroundings"],
            )
        except ValidationError as error:
            with_errors(form, error)
        else:
            messages.success(
                request,
                ngettext(
                    "Le plan est repris\u00a0: %(n)s fiche, à lancer.",
                    "Le plan est repris\u00a0: %(n)s fiches, à lancer.",
                    len(made),
                )
                % {"n": len(made)},
            )
            return redirect("plan", slug)
    return render(
        request,
        "conventions/agreement/copy.html",
        context_of(
            request, form=form, before=before, n_nodes=before.nodes.count(), n_themes=before.themes.count()
        ),
        status=422 if form.errors else 200,
    )
