"""The public page of a concertation: written and published by who leads it, read by anybody."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ansanm.accounts.access import public, requires
from ansanm.accounts.permissions import Permission
from ansanm.conventions import history
from ansanm.conventions.concertation import consultation, deeds
from ansanm.conventions.concertation import consultation_operations as operations
from ansanm.conventions.concertation.need_forms import contribution_words
from ansanm.conventions.concertation.pages import concertation_context
from ansanm.conventions.models import ConsultationPage, Contribution
from ansanm.conventions.views import find
from ansanm.territories.versions import StaleVersion
from ansanm.ui.limits import caller, spend
from ansanm.ui.views import too_many_requests

form_methods = require_http_methods(["GET", "HEAD", "POST"])
# Enough to choose a few from; the list of contributions searches the others.
MOST_OFFERED = 150


class PageForm(forms.Form):
    introduction = forms.CharField(
        label=gettext_lazy("Présentation"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "Ce qu’est la convention et pourquoi l’on demande leur avis aux habitants, en mots simples."
        ),
    )
    takes_contributions = forms.BooleanField(
        label=gettext_lazy("Recueillir des contributions libres, hors enquête"), required=False
    )
    quotes = forms.MultipleChoiceField(
        label=gettext_lazy("Contributions citées"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Quelques-unes, choisies une à une : aucune autre ne se lit sur la page. Vérifiez qu’on n’y "
            "reconnaît personne."
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, page, **kwargs):
        held = list(page.quotes.shown().values_list("pk", flat=True)) if page.pk else []
        kwargs["initial"] = {
            "introduction": page.introduction,
            "takes_contributions": page.takes_contributions,
            "quotes": [str(pk) for pk in held],
            "version": page.version,
        }
        super().__init__(*args, **kwargs)
        retained = list(page.convention.contributions.shown().select_related("place"))
        retained.sort(key=lambda one: one.pk not in held)
        self.fields["quotes"].choices = [
            (str(one.pk), contribution_words(one)) for one in retained[: MOST_OFFERED + len(held)]
        ]
        if not retained:
            del self.fields["quotes"]

    @property
    def facts(self) -> dict:
        data = self.cleaned_data
        return {
            "introduction": data["introduction"].replace("\r\n", "\n").strip(),
            "takes_contributions": data["takes_contributions"],
            "quotes": [int(pk) for pk in data.get("quotes", [])],
        }


@requires(Permission.CONCERTATION_EDIT, on=find)
@form_methods
def consultation_edit(request, slug):
    page = operations.page_of(request.convention)
    form = PageForm(request.POST if request.method == "POST" else None, page=page)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.update_page(
                by=request.user,
                convention=request.convention,
                base_version=form.cleaned_data["version"],
                **form.facts,
            )
        except StaleVersion as conflict:
            now = conflict.current
            stale = differences(now, form.facts)
            data = form.data.copy()
            data["version"] = now.version
            form = PageForm(data, page=now)
        else:
            messages.success(request, _("La page est enregistrée."))
            return redirect("consultation_edit", slug)
    context = concertation_context(
        request,
        "consultation_edit",
        here=_("Page publique"),
        form=form,
        page=page,
        stale=stale,
        public=consultation.PublicPage(page),
    )
    return render(
        request,
        "conventions/concertation/consultation_edit.html",
        context,
        status=409 if stale is not None else 422 if form.errors else 200,
    )


def differences(now: ConsultationPage, typed: dict) -> list[history.Detail]:
    """What somebody saved meanwhile, beside what was typed, where they differ; quotes by their reference."""

    def references(rows):
        return ", ".join(sorted(rows.values_list("reference", flat=True)))

    kept = now.convention.contributions.shown()
    pairs = {name: (getattr(now, name), typed[name]) for name in ("introduction", "takes_contributions")} | {
        "n_quotes": (references(now.quotes.shown()), references(kept.filter(pk__in=typed["quotes"])))
    }
    return [
        history.Detail(str(deeds.LABELS[name]), deeds.shown(name, saved), deeds.shown(name, mine))
        for name, (saved, mine) in pairs.items()
        if saved != mine
    ]


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_safe
def consultation_preview(request, slug):
    """The page exactly as anybody would read it, published or not."""
    page = operations.page_of(request.convention)
    context = {
        "convention": request.convention,
        "public": consultation.PublicPage(page),
        "is_preview": True,
    }
    return render(request, "conventions/concertation/public/consultation.html", context)


@requires(Permission.CONCERTATION_EDIT, on=find)
@require_POST
def consultation_publish(request, slug):
    """Publish it, or take it back (« retirer » in the form)."""
    if "withdraw" in request.POST:
        operations.withdraw_page(by=request.user, convention=request.convention)
        messages.success(request, _("La page n’est plus publiée : son adresse ne répond plus."))
        return redirect("consultation_edit", slug)
    try:
        operations.publish_page(by=request.user, convention=request.convention)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("La page est publiée. Chacun peut la lire."))
    return redirect("consultation_edit", slug)


# ---- for anybody ----


@public
@require_safe
def consultation_page(request, slug):
    page = get_object_or_404(
        ConsultationPage.objects.select_related("convention"),
        convention__slug=slug,
        published_at__isnull=False,
    )
    context = {"convention": page.convention, "public": consultation.PublicPage(page)}
    return render(request, "conventions/concertation/public/consultation.html", context)


class ReferenceForm(forms.Form):
    reference = forms.CharField(
        label=gettext_lazy("Votre référence"),
        max_length=20,
        help_text=gettext_lazy("Six lettres et chiffres, donnés à la fin du formulaire : « K7F-2QX »."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
    )

    def clean_reference(self) -> str:
        """As it is kept, however it was copied: « k7f 2qx »."""
        text = "".join(one for one in self.cleaned_data["reference"].upper() if one.isalnum())
        return f"{text[:3]}-{text[3:]}"


@public
@require_safe
def contribution_follow(request):
    """Where one types the reference that a form or an agent gave."""
    form = ReferenceForm(request.GET if "reference" in request.GET else None)
    if form.is_bound and form.is_valid():
        if wait := spend("follow", caller(request), consultation.FOLLOWED_PER_MINUTE):
            return too_many_requests(request, wait_seconds=wait, per_minute=consultation.FOLLOWED_PER_MINUTE)
        reference = form.cleaned_data["reference"]
        if Contribution.objects.standing().filter(reference=reference).exists():
            return redirect("contribution_followed", reference)
        form.add_error(
            "reference",
            _("« %(reference)s » n’est la référence d’aucune contribution : vérifiez chaque signe.")
            % {"reference": reference},
        )
    return render(
        request,
        "conventions/concertation/public/follow.html",
        {"form": form},
        status=422 if form.errors else 200,
    )


@public
@require_safe
def contribution_followed(request, reference):
    """received → read → need → priority → action → result, for who holds the reference."""
    if wait := spend("follow", caller(request), consultation.FOLLOWED_PER_MINUTE):
        return too_many_requests(request, wait_seconds=wait, per_minute=consultation.FOLLOWED_PER_MINUTE)
    found = Contribution.objects.standing().filter(reference=reference).select_related("convention").first()
    if found is None:
        raise Http404("No such reference")
    response = render(
        request,
        "conventions/concertation/public/followed.html",
        {"convention": found.convention, "followed": consultation.followed(found)},
    )
    # A shared computer keeps no copy of it.
    response.headers["Cache-Control"] = "no-store, private"
    return response
