"""The journal of a convention in words, and two versions of the same thing side by side."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.accounts.models import AuditEntry, User, convention_key
from ansanm.accounts.permissions import ROLES
from ansanm.conventions.concertation import deeds as need_deeds
from ansanm.conventions.concertation import survey_deeds
from ansanm.conventions.finance import deeds as finance_deeds
from ansanm.conventions.governance import deeds as governance_deeds
from ansanm.conventions.models import (
    PARTIAL_DATE,
    AgreementVersion,
    Convention,
    ConventionParty,
    CooperationPost,
    LegalVisa,
    LinkedContract,
    PartySignature,
    ReportedFigure,
    Stage,
)
from ansanm.conventions.papers import deeds as paper_deeds
from ansanm.conventions.plan import deeds, wording
from ansanm.conventions.plan.content import FIELDS
from ansanm.territories import declared
from ansanm.territories.managers import BELOW_COMMUNES
from ansanm.territories.models import DeclaredFigure, Territory
from ansanm.territories.variables import variables
from ansanm.ui.formats import format_number, format_period, labelled, quoted

ACTION_DEEDS = {
    "action.create": gettext_lazy("a ouvert la fiche %(what)s"),
    "action.update": gettext_lazy("a modifié la fiche %(what)s"),
    "action.undo": gettext_lazy("a annulé une modification en série de la fiche %(what)s"),
    "action.propose": gettext_lazy("a proposé de modifier la fiche %(what)s"),
    "action.proposal_accept": gettext_lazy("a accepté une proposition sur la fiche %(what)s"),
    "action.proposal_refuse": gettext_lazy("a refusé une proposition sur la fiche %(what)s"),
    "action.proposal_withdraw": gettext_lazy("a retiré sa proposition sur la fiche %(what)s"),
    "action.delete": gettext_lazy("a mis la fiche %(what)s à la corbeille"),
    "action.restore": gettext_lazy("a sorti la fiche %(what)s de la corbeille"),
    "action.purge": gettext_lazy("a effacé la fiche %(what)s après trente jours de corbeille"),
    "action.progress": gettext_lazy("a donné des nouvelles de la fiche %(what)s"),
    "action.progress_remove": gettext_lazy("a retiré ses nouvelles de la fiche %(what)s"),
    "action.measure": gettext_lazy("a mesuré un indicateur de la fiche %(what)s"),
    "action.measure_remove": gettext_lazy("a retiré une mesure de la fiche %(what)s"),
    "action.document_add": gettext_lazy("a joint un document à la fiche %(what)s"),
    "action.document_remove": gettext_lazy("a retiré un document de la fiche %(what)s"),
    "action.comment_remove": gettext_lazy("a retiré son commentaire de la fiche %(what)s"),
    "action.link_create": gettext_lazy("a donné un lien de contribution à la fiche %(what)s"),
    "action.link_revoke": gettext_lazy("a révoqué un lien de contribution à la fiche %(what)s"),
    "action.contribute": gettext_lazy("a contribué à la fiche %(what)s par un lien personnel"),
}
NOTED = {
    "expires_on": gettext_lazy("Fin du lien"),
    "n_measures": gettext_lazy("Mesures"),
    "n_milestones": gettext_lazy("Jalons atteints"),
    "n_notes": gettext_lazy("Nouvelles"),
    "measured_on": gettext_lazy("Date de la mesure"),
    "measured_value": gettext_lazy("Valeur mesurée"),
}

AGREEMENT_DEEDS = {
    "stage.move": gettext_lazy("a mis la convention à l’étape %(stage)s"),
    "visa.add": gettext_lazy("a ajouté le visa %(row)s"),
    "visa.update": gettext_lazy("a corrigé le visa %(row)s"),
    "visa.remove": gettext_lazy("a retiré le visa %(row)s"),
    "contract.add": gettext_lazy("a ajouté le contrat lié %(row)s"),
    "contract.update": gettext_lazy("a corrigé le contrat lié %(row)s"),
    "contract.remove": gettext_lazy("a retiré le contrat lié %(row)s"),
    "post.add": gettext_lazy("a ajouté un poste de chargé de coopération chez %(row)s"),
    "post.update": gettext_lazy("a corrigé un poste de chargé de coopération chez %(row)s"),
    "post.remove": gettext_lazy("a retiré un poste de chargé de coopération chez %(row)s"),
    "signature.add": gettext_lazy("a ajouté une signature à recueillir de %(organisation)s"),
    "signature.update": gettext_lazy("a corrigé une signature de %(organisation)s"),
    "signature.remove": gettext_lazy("a retiré une signature de %(organisation)s"),
    "version.draft": gettext_lazy("a pris le texte du projet %(what)s"),
    "version.discard": gettext_lazy("a abandonné le projet %(what)s"),
    "version.sign": gettext_lazy("a enregistré la signature de %(what)s"),
    "plan.start_themes": gettext_lazy("a ajouté les thématiques d’un modèle"),
    "plan.copy": gettext_lazy("a repris le plan de %(previous)s"),
    "file.store": gettext_lazy("a déposé le fichier %(what)s"),
    "file.remove": gettext_lazy("a retiré le fichier %(what)s"),
    "reported.add": gettext_lazy("a ajouté le chiffre publié %(what)s"),
    "reported.update": gettext_lazy("a corrigé le chiffre publié %(what)s"),
    "reported.remove": gettext_lazy("a retiré le chiffre publié %(what)s"),
}

# Each subject tells its deeds itself: DEEDS (verb -> words) and told(entry) (label, before, after).
SUBJECTS = (deeds, finance_deeds, need_deeds, governance_deeds, paper_deeds, survey_deeds)
TOLD_BY = {verb: subject for subject in SUBJECTS for verb in subject.DEEDS}


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
    """`entries` in words, in their order, with as many queries whatever their number."""
    entries = list(entries)
    people = User.objects.in_bulk(keys_of("accounts.user", entries))
    figures = DeclaredFigure.objects.in_bulk(keys_of("territories.declaredfigure", entries))
    names = place_names(figures.values())
    words = words_of(entries)
    return [
        Change(
            entry.at,
            author_of(entry),
            deed_of(entry, people, figures, names),
            details_of(entry, figures, words),
            is_first=entry.before is None,
        )
        for entry in entries
    ]


def verbs() -> set[str]:
    """The deeds on a plan and its agreement that have their words here."""
    return {*ACTION_DEEDS, *AGREEMENT_DEEDS, *TOLD_BY}


def tell(entries) -> None:
    """Say the deeds on conventions in the journal of the platform as in that of each convention.

    Figures with small counts hidden; of the plan, the deed alone: its words are for its members.
    """
    figures = DeclaredFigure.objects.in_bulk(keys_of("territories.declaredfigure", entries))
    names = place_names(figures.values())
    told_here = verbs()
    for entry in entries:
        if figure := row_of(entry, "territories.declaredfigure", figures):
            entry.object = named(figure, names)
            entry.details = details_of(entry, figures, None)
        elif entry.verb in told_here:
            entry.deed = deed_of(entry, {}, figures, names)
            entry.details = []


def named(figure, names) -> str:
    place = names.get((figure.level, figure.code), figure.code)
    return f"{quoted(variables().get(figure.variable, figure.variable))}, {place}"


def keys_of(kind: str, entries) -> set[int]:
    keys = (entry.target_key.split(":") for entry in entries if entry.target_key.startswith(f"{kind}:"))
    return {int(number) for _kind, number in keys}


def words_of(entries) -> dict[str, wording.Words]:
    """The words of the fiches of each convention that `entries` speak of, by its key in the trail."""
    keys = {entry.convention_key for entry in entries if entry.verb in ACTION_DEEDS}
    found = Convention.objects.filter(pk__in=[key.rpartition(":")[2] for key in keys if key])
    return {convention_key(one): wording.Words(one) for one in found}


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
    if entry.verb == "action.contribute":
        return _("Une personne invitée")
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
        case verb if verb in TOLD_BY:
            return str(TOLD_BY[verb].DEEDS[verb]) % {"what": quoted(what)}
        case verb if verb in ACTION_DEEDS:
            return str(ACTION_DEEDS[verb]) % {"what": quoted(what)}
        case verb if verb in AGREEMENT_DEEDS:
            return str(AGREEMENT_DEEDS[verb]) % {
                "what": quoted(what) if what else "",
                "organisation": (entry.after or entry.before or {}).get("organisation", ""),
                "row": quoted(row_title(entry)),
                "previous": quoted((entry.after or {}).get("previous", "")),
                "stage": quoted(stage_of(entry)),
            }
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


def row_title(entry) -> str:
    """What a row around the agreement is told by; never the name of a person."""
    kept = entry.after or entry.before or {}
    return next((kept[name] for name in ("title", "text", "employer") if kept.get(name)), "")


def stage_of(entry) -> str:
    stage = (entry.after or {}).get("stage", "")
    return str(Stage(stage).label) if stage in Stage.values else stage


def details_of(entry, figures, words) -> list[Detail]:
    if entry.verb in TOLD_BY:
        return [Detail(*one) for one in TOLD_BY[entry.verb].told(entry)]
    if entry.verb in ACTION_DEEDS:
        return details_of_action(entry, words.get(entry.convention_key))
    figure = row_of(entry, "territories.declaredfigure", figures)
    # Who is in which territory, or party, is told by the page itself.
    hidden = {"territory", "variable", "territories", "parties", "organisation", "changed"}
    # A zoning is told by its name, which is in the deed; so is a saved view.
    hidden |= {"zoning_name", "zoning_kind", "scope", "n_zones", "view_name"}
    # What seals a file or a text says nothing to who reads.
    hidden |= {"sha256", "n_bytes", "content_sha256", "printed_sha256"}
    # What was missing that day is told by the reason given.
    hidden |= {"missing", "previous", "themes"}
    return [
        Detail(label_of(field, figure), shown(field, before, figure), shown(field, after, figure))
        for field, before, after in entry.changes
        if field not in hidden and (before or after)
    ]


def details_of_action(entry, words) -> list[Detail]:
    """Fields of a fiche in its own words; a person it names stands there as « … »."""
    if words is None:
        return []
    before, after = entry.before or {}, entry.after or {}
    noted = [
        Detail(str(NOTED[field]), "–", str(after[field]))
        for field in after
        if field in NOTED and after[field]
    ]
    of_fiche = {field: value for field, value in after.items() if field in FIELDS}
    return noted + [
        Detail(one.label, one.before or "–", one.after or "–") for one in words.differences(before, of_fiche)
    ]


TOLD = (
    Convention,
    ConventionParty,
    DeclaredFigure,
    ReportedFigure,
    PartySignature,
    LinkedContract,
    LegalVisa,
    CooperationPost,
    AgreementVersion,
)
# Where the name of the field is not that of the model, or is that of a field that went away.
FIELD_LABELS = {
    "reason": gettext_lazy("Motif"),
    "contract_kind": gettext_lazy("Nature"),
    "n_actions": gettext_lazy("Fiches reprises"),
    "name": gettext_lazy("Nom"),
    "signatory_name": gettext_lazy("Signataire"),
    "signatory_function": gettext_lazy("Fonction du signataire"),
}


def label_of(field: str, figure=None) -> str:
    if field in FIELD_LABELS:
        return str(FIELD_LABELS[field])
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
    models = (DeclaredFigure,) if figure else TOLD
    model = next((one for one in models if field in fields_of(one)), None)
    # A field of another age of the platform: its entry stays readable.
    label = str(model._meta.get_field(field).verbose_name) if model else field
    return label[:1].upper() + label[1:]


DATES = {
    "signed_on",
    "starts_on",
    "ends_on",
    "extended_to",
    "source_on",
    "deliberation_on",
    "joined_on",
    "left_on",
}


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
            kinds = dict((*ConventionParty.Kind.choices, *ReportedFigure.Kind.choices))
            # What a party was before its kind was told apart.
            kinds["collectivite"] = _("Collectivité")
            return str(kinds.get(value, value))
        case "contract_kind":
            return str(dict(LinkedContract.Kind.choices).get(value, value))
        case "stage":
            return str(Stage(value).label)
        case "period" if not re.fullmatch(PARTIAL_DATE, str(value)):
            return value
        case _ if field == "period" or (field in DATES and re.fullmatch(PARTIAL_DATE, str(value))):
            return format_period(value)
        case "precision":
            return str(dict(ReportedFigure.Precision.choices).get(value, value))
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
