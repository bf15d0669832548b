"""What an administrator types to open a convention: places by name or code, organisations, people."""

from collections import Counter

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.accounts.models import Organisation, User
from ansanm.conventions import operations
from ansanm.conventions.agreement import starting
from ansanm.conventions.models import Convention, ConventionParty
from ansanm.territories.models import Level, Territory
from ansanm.territories.variables import fold

# What a CTG is signed on.
LEVELS = (Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT, Level.REGION)
MAX_PLACES = 60
# What an organisation is among the signatories.
PARTY_KINDS = {
    "city": ConventionParty.Kind.COMMUNE,
    "epci": ConventionParty.Kind.EPCI,
    "departement": ConventionParty.Kind.DEPARTEMENT,
}


def place_called(text: str) -> Territory:
    """The one territory that `text` names or is the code of; ValidationError with what else it may be."""
    level, _colon, code = text.rpartition(":")
    current = Territory.objects.current().filter(level__in=[level.strip()] if level else LEVELS)
    # A spreadsheet takes the first zero of « 01004 » away.
    found = list(current.filter(code__in={code.strip().upper(), code.strip().zfill(5)}))
    near = []
    if not found and not level:
        near = [one for one in Territory.objects.search(text, limit=12) if one.level in LEVELS]
        found = [one for one in near if spelt(text) in {spelt(one.name), spelt(one.short_name)}]
    if len(found) == 1:
        return found[0]
    choices = found or near[:4]
    if not choices:
        raise ValidationError(
            _("« %(text)s » n’est le nom ni le code d’aucune commune, intercommunalité ou département."),
            params={"text": text[:60]},
        )
    raise ValidationError(
        _(
            "« %(text)s » ne désigne pas un territoire et un seul. Écrivez à la place le code de celui que "
            "vous voulez\u00a0: %(codes)s."
        ),
        params={"text": text[:60], "codes": " ; ".join(described(choices))},
    )


def spelt(name: str) -> str:
    return fold(name).replace("-", " ")


def described(places) -> list[str]:
    codes = {place.departement_code for place in places}
    above = dict(
        Territory.objects.filter(level=Level.DEPARTEMENT, code__in=codes).values_list("code", "name")
    )
    where = {place: above.get(place.departement_code) or place.get_level_display() for place in places}
    codes = Counter(place.code for place in places)
    # « 04 » is a département and a région: such a code says its level too.
    written = {one: f"{one.level}:{one.code}" if codes[one.code] > 1 else one.code for one in places}
    return [f"{written[place]} ({place.name}, {where[place]})" for place in places]


class PlacesField(forms.CharField):
    """Territories, one by line; cleans to a list of them."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value):
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MAX_PLACES:
            raise ValidationError(
                _("%(n)s lignes : %(max)s territoires au plus."), params={"n": len(lines), "max": MAX_PLACES}
            )
        places, errors = [], []
        for line in lines:
            try:
                places.append(place_called(line))
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(places))


class PersonField(forms.EmailField):
    """The address of an account; cleans to that active person, or None."""

    def clean(self, value):
        email = super().clean(value)
        if not email:
            return None
        person = User.objects.filter(email=User.clean_email(email), is_active=True).first()
        if person is None:
            raise ValidationError(
                _("Aucun compte actif n’a l’adresse « %(email)s » : ouvrez-le d’abord, dans « Personnes »."),
                params={"email": email},
            )
        return person


class CreationForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Nom"),
        max_length=200,
        help_text=gettext_lazy("Par exemple « CTG de Saint-Denis »."),
    )
    territories = PlacesField(
        label=gettext_lazy("Territoires"),
        help_text=gettext_lazy(
            "Un par ligne : nom ou code INSEE de la commune, nom ou SIREN de l’intercommunalité."
        ),
    )
    collectivite = forms.ModelChoiceField(
        Organisation.objects.filter(kind__in=["city", "epci", "departement"]),
        label=gettext_lazy("Collectivité signataire"),
        empty_label=gettext_lazy("À choisir"),
        help_text=gettext_lazy("Absente de la liste ? Ajoutez-la d’abord dans « Organismes »."),
    )
    caf = forms.ModelChoiceField(
        Organisation.objects.filter(kind="caf"),
        label=gettext_lazy("Caf signataire"),
        empty_label=gettext_lazy("À choisir"),
        help_text=gettext_lazy("Les autres signataires s’ajoutent ensuite, sur la page de la convention."),
    )
    city_officer = PersonField(
        label=gettext_lazy("Chargé de coopération : adresse e-mail de son compte"),
        required=False,
        help_text=gettext_lazy(
            "Première personne à l’œuvre pour la collectivité ; elle ajoute les autres membres."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    caf_adviser = PersonField(
        label=gettext_lazy("Conseiller Caf : adresse e-mail de son compte"),
        required=False,
        help_text=gettext_lazy("L’un des deux suffit pour commencer."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    start = forms.ChoiceField(
        label=gettext_lazy("Le plan part de"),
        choices=[
            ("empty", gettext_lazy("rien\u00a0: les thématiques et les enjeux s’écrivent ensuite")),
            (
                "seven_themes",
                gettext_lazy("sept thématiques, celles de la convention de Saint-Denis de 2021"),
            ),
        ],
        initial="empty",
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Le plan d’une convention précédente se reprend ensuite, par un membre des deux conventions, sur "
            "la page « Accord »."
        ),
    )

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        if Convention.objects.filter(name__iexact=name).exists():
            raise ValidationError(
                _("Une convention s’appelle déjà « %(name)s » : précisez la commune ou les années."),
                params={"name": name},
            )
        return name

    def clean(self):
        cleaned = super().clean()
        officer, adviser = cleaned.get("city_officer"), cleaned.get("caf_adviser")
        if "city_officer" in cleaned and "caf_adviser" in cleaned:
            if officer is None and adviser is None:
                self.add_error(
                    "city_officer",
                    _("Donnez au moins une personne\u00a0: sans membre, personne n’ouvrirait la convention."),
                )
            elif officer == adviser:
                self.add_error("caf_adviser", _("Une personne n’a qu’un rôle : laissez l’un des deux vide."))
        return cleaned

    @property
    def people(self) -> list[User]:
        return [one for one in (self.cleaned_data["city_officer"], self.cleaned_data["caf_adviser"]) if one]

    @transaction.atomic
    def save(self, *, by) -> Convention:
        given = self.cleaned_data
        convention = operations.create_convention(
            by=by,
            name=given["name"],
            territories=given["territories"],
            parties=[
                {"organisation": given["collectivite"], "kind": PARTY_KINDS[given["collectivite"].kind]},
                {"organisation": given["caf"], "kind": ConventionParty.Kind.CAF},
            ],
            members=[(given[role], role) for role in ("city_officer", "caf_adviser") if given[role]],
        )
        if given["start"] == "seven_themes":
            starting.add_seven_themes(by=by, convention=convention)
        return convention
