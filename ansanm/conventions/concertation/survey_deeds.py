"""The deeds on surveys, workshops and contributions, as the journal tells them.

What the public sends has no entry: an entry has an hour.
"""

from django.utils.translation import gettext_lazy

from ansanm.conventions.models import Moderation

DEEDS = {
    "survey.create": gettext_lazy("a préparé l’enquête %(what)s"),
    "survey.update": gettext_lazy("a corrigé l’enquête %(what)s"),
    "survey.question_add": gettext_lazy("a ajouté une question à l’enquête %(what)s"),
    "survey.question_update": gettext_lazy("a corrigé une question de l’enquête %(what)s"),
    "survey.question_remove": gettext_lazy("a retiré une question de l’enquête %(what)s"),
    "survey.order": gettext_lazy("a changé l’ordre des questions de l’enquête %(what)s"),
    "survey.open": gettext_lazy("a ouvert l’enquête %(what)s"),
    "survey.closed": gettext_lazy("a clos l’enquête %(what)s"),
    "survey.copy": gettext_lazy("a copié une enquête sous le nom %(what)s"),
    "survey.delete": gettext_lazy("a mis l’enquête %(what)s à la corbeille"),
    "survey.restore": gettext_lazy("a remis l’enquête %(what)s"),
    "survey.publish": gettext_lazy("a publié les résultats de l’enquête %(what)s"),
    "survey.unpublish": gettext_lazy("ne publie plus les résultats de l’enquête %(what)s"),
    "survey.enter": gettext_lazy("a saisi une feuille de l’enquête %(what)s"),
    "survey.import": gettext_lazy("a importé des feuilles dans l’enquête %(what)s"),
    "survey.bias_add": gettext_lazy("a noté une limite de l’enquête %(what)s"),
    "survey.bias_remove": gettext_lazy("a retiré une limite de l’enquête %(what)s"),
    "answer.moderate": gettext_lazy("a lu une feuille d’enquête"),
    "contact.export": gettext_lazy("a exporté les coordonnées laissées à l’enquête %(what)s"),
    "contact.delete": gettext_lazy("a effacé des coordonnées laissées à l’enquête %(what)s"),
    "contribution.add": gettext_lazy("a saisi la contribution %(what)s"),
    "contribution.update": gettext_lazy("a classé la contribution %(what)s"),
    "contribution.moderate": gettext_lazy("a lu la contribution %(what)s"),
    "workshop.create": gettext_lazy("a noté l’atelier %(what)s"),
    "workshop.update": gettext_lazy("a corrigé l’atelier %(what)s"),
    "workshop.delete": gettext_lazy("a mis l’atelier %(what)s à la corbeille"),
    "workshop.restore": gettext_lazy("a remis l’atelier %(what)s"),
}
LABELS = {
    "title": gettext_lazy("Titre"),
    "label": gettext_lazy("Question"),
    "text": gettext_lazy("Limite"),
    "introduction": gettext_lazy("Présentation"),
    "opens_on": gettext_lazy("Ouverture"),
    "closes_on": gettext_lazy("Clôture"),
    "contact_purpose": gettext_lazy("Pourquoi laisser ses coordonnées"),
    "contact_kept_until": gettext_lazy("Coordonnées gardées jusqu’au"),
    "previous": gettext_lazy("Enquête copiée"),
    "n_sheets": gettext_lazy("Feuilles"),
    "n": gettext_lazy("Personnes"),
    "moderation": gettext_lazy("Lecture"),
    "reason": gettext_lazy("Motif"),
}


def told(entry) -> list[tuple[str, str, str]]:
    """What changed, as (label, before, after)."""
    before, after = entry.before or {}, entry.after or {}
    return [
        (str(LABELS[name]), shown(name, before.get(name)), shown(name, after.get(name)))
        for name in LABELS
        if (before.get(name) or after.get(name)) and before.get(name) != after.get(name)
    ]


def shown(name: str, value) -> str:
    if value in (None, ""):
        return "–"
    if name == "moderation" and value in Moderation.values:
        return str(Moderation(value).label)
    return str(value)
