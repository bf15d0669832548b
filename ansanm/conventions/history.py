"""The journal of a convention in words, and two versions of the same thing side by side."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from ansanm.accounts.models import AuditEntry, User
from ansanm.accounts.permissions import ROLES
from ansanm.conventions.models import Convention, ConventionParty, Stage
from ansanm.territories import declared
from ansanm.territories.managers import BELOW_COMMUNES
from ansanm.territories.models import DeclaredFigure, Territory
from ansanm.territories.variables import variables
from ansanm.ui.formats import format_day, format_number, format_period, labelled, quoted


@dataclass(frozen=True)
class Detail:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    at: datetime
    author: str
    deed: str
    details: list[Detail]
    # Nothing was there before: what follows is what was written, not a difference.
    is_first: bool = False


def told(entries) -> list[Change]:
    """`entries` in words, in their order, with two more queries whatever their number."""
    entries = list(entries)
    people = User.objects.in_bulk(keys_of("accounts.user", entries))
    figures = DeclaredFigure.objects.in_bulk(keys_of("territories.declaredfigure", entries))
    names = place_names(figures.values())
    return [
        Change(
            entry.at,
            author_of(entry),
            deed_of(entry, people, figures, names),
            details_of(entry, figures),
            is_first=entry.before is None,
        )
        for entry in entries
    ]


def tell_figures(entries) -> None:
    """Say figures in the journal of the platform as in that of their convention, small counts hidden."""
    figures = DeclaredFigure.objects.in_bulk(keys_of("territories.declaredfigure", entries))
    names = place_names(figures.values())
    for entry in entries:
        if figure := row_of(entry, "territories.declaredfigure", figures):
            entry.object = named(figure, names)
            entry.details = details_of(entry, figures)


def named(figure, names) -> str:
    place = names.get((figure.level, figure.code), figure.code)
    return f"{quoted(variables().get(figure.variable, figure.variable))}, {place}"


def keys_of(kind: str, entries) -> set[int]:
    keys = (entry.target_key.split(":") for entry in entries if entry.target_key.startswith(f"{kind}:"))
    return {int(number) for _kind, number in keys}


def place_names(figures) -> dict[tuple[str, str], str]:
    codes = {(figure.level, figure.code) for figure in figures}
    places = Territory.objects.filter(code__in={code for _level, code in codes})
    return {
        place.key: f"{place.name} ({place.get_level_display()})"
        # A quartier may have the name of its commune.
        if place.level in BELOW_COMMUNES
        else place.name
        for place in places
        if place.key in codes
    }


def author_of(entry: AuditEntry) -> str:
    if entry.actor:
        return str(entry.actor)
    return _("Le système") if entry.actor_key == "system" else _("Compte supprimé")


def row_of(entry, kind: str, rows: dict):
    """The row of that kind which the entry is about, None when it is about something else."""
    named, _colon, number = entry.target_key.partition(":")
    return rows.get(int(number)) if named == kind else None


def deed_of(entry, people, figures, names) -> str:
    person = row_of(entry, "accounts.user", people) or _("une personne dont le compte est supprimé")
    if figure := row_of(entry, "territories.declaredfigure", figures):
        what = named(figure, names)
    else:
        what = entry.target_label
    match entry.verb:
        case "convention.create":
            return _("a ouvert la convention")
        case "convention.update":
            return _("a modifié la convention")
        case "party.add":
            return _("a ajouté le signataire %(what)s") % {"what": entry.after["organisation"]}
        case "party.update":
            return _("a corrigé le signataire %(what)s") % {"what": entry.after["organisation"]}
        case "party.remove":
            return _("a retiré le signataire %(what)s") % {"what": entry.before["organisation"]}
        case "role.set" if entry.before:
            return _("a changé le rôle de %(person)s") % {"person": person}
        case "role.set":
            return _("a fait entrer %(person)s dans la convention") % {"person": person}
        case "role.remove":
            return _("a retiré %(person)s de la convention") % {"person": person}
        case "figure.declare":
            return _("a déclaré le chiffre %(what)s") % {"what": what}
        case "figure.correct":
            return _("a corrigé le chiffre %(what)s") % {"what": what}
        case "figure.withdraw":
            return _("a retiré le chiffre %(what)s") % {"what": what}
        case "zoning.create":
            return _("a apporté le zonage %(what)s") % {"what": quoted(what)}
        case "zoning.delete":
            return _("a mis le zonage %(what)s à la corbeille") % {"what": quoted(what)}
        case "zoning.restore":
            return _("a remis le zonage %(what)s") % {"what": quoted(what)}
        case "view.share":
            return _("a partagé la vue %(what)s") % {"what": quoted(what)}
        case "view.unshare":
            return _("ne partage plus la vue %(what)s") % {"what": quoted(what)}
        case "view.rename":
            return _("a renommé la vue %(before)s en %(after)s") % {
                "before": quoted(entry.before["view_name"]),
                "after": quoted(entry.after["view_name"]),
            }
        case "view.delete":
            return _("a mis la vue %(what)s à la corbeille") % {"what": quoted(what)}
        case "view.restore":
            return _("a remis la vue %(what)s") % {"what": quoted(what)}
        case verb:
            return labelled(verb, entry.target_label)


def details_of(entry, figures) -> list[Detail]:
    figure = row_of(entry, "territories.declaredfigure", figures)
    # Who is in which territory, or party, is told by the page itself.
    hidden = {"territory", "variable", "territories", "parties", "organisation", "changed"}
    # A zoning is told by its name, which is in the deed; so is a saved view.
    hidden |= {"zoning_name", "zoning_kind", "scope", "n_zones", "view_name"}
    return [
        Detail(label_of(field, figure), shown(field, before, figure), shown(field, after, figure))
        for field, before, after in entry.changes
        if field not in hidden and (before or after)
    ]


def label_of(field: str, figure=None) -> str:
    if field == "role":
        return _("Rôle")
    if field == "value":
        return _("Valeur")
    if field == "period":
        return _("Période")
    if field == "note":
        # « Note » alone is a msgid of Django, which renders it otherwise.
        return _("Précisions")
    # A convention and a figure both have a source, and call it otherwise.
    models = (DeclaredFigure,) if figure else (Convention, ConventionParty)
    model = next(one for one in models if field in fields_of(one))
    label = str(model._meta.get_field(field).verbose_name)
    return label[:1].upper() + label[1:]


def fields_of(model) -> set[str]:
    return {one.name for one in model._meta.fields}


def shown(field: str, value, figure=None) -> str:
    """`value` of `field` as a page shows it; small counts stay secret in the journal too."""
    if value in (None, ""):
        return _("non publié") if field.endswith("_on") else "–"
    match field:
        case "role":
            return str(ROLES[value].label) if value in ROLES else value
        case "kind":
            return str(ConventionParty.Kind(value).label)
        case "stage":
            return str(Stage(value).label)
        case "period" | "signed_on" | "starts_on" | "ends_on":
            return format_period(value)
        case "source_on":
            return format_day(value if isinstance(value, date) else date.fromisoformat(value))
        case "value" if figure and declared.is_secret(figure.variable, value):
            return _("secret")
        case "value":
            variable = variables().get(figure.variable) if figure else None
            return format_number(value, variable.unit if variable else "")
    return str(value)


def both_versions(form, saved: dict, figure=None) -> list[Detail]:
    """What somebody saved meanwhile and what this person typed, field by field where they differ."""
    return [
        Detail(
            str(form.fields[field].label or label_of(field, figure)),
            shown(field, theirs, figure),
            shown(field, mine, figure),
        )
        for field, theirs in saved.items()
        if (mine := form.facts[field]) != theirs
    ]
