"""The deeds on bodies, meetings, minutes and decisions, as the journal tells them."""

from django.utils.translation import gettext_lazy

from ansanm.conventions.models import AgendaItem, Body, Decision, Mandate, Meeting
from ansanm.ui.formats import format_period

DEEDS = {
    "body.create": gettext_lazy("a créé l’instance %(what)s"),
    "body.update": gettext_lazy("a corrigé l’instance %(what)s"),
    "body.end": gettext_lazy("a mis fin à l’instance %(what)s"),
    "body.delete": gettext_lazy("a mis l’instance %(what)s à la corbeille"),
    "body.restore": gettext_lazy("a sorti l’instance %(what)s de la corbeille"),
    "body.member_add": gettext_lazy("a ajouté un siège à l’instance %(what)s"),
    "body.member_update": gettext_lazy("a corrigé un siège de l’instance %(what)s"),
    "body.member_remove": gettext_lazy("a retiré un siège de l’instance %(what)s"),
    "participant.add": gettext_lazy("a ajouté un contact"),
    "participant.update": gettext_lazy("a corrigé un contact"),
    "participant.leave": gettext_lazy("a enregistré le départ d’un contact"),
    "participant.hand_over": gettext_lazy("a confié à quelqu’un d’autre les décisions d’un contact"),
    "participant.erase": gettext_lazy("a effacé un contact"),
    "meeting.create": gettext_lazy("a prévu la réunion %(what)s"),
    "meeting.update": gettext_lazy("a corrigé la réunion %(what)s"),
    "meeting.cancel": gettext_lazy("a annulé la réunion %(what)s"),
    "meeting.replan": gettext_lazy("a rouvert la réunion %(what)s"),
    "meeting.delete": gettext_lazy("a mis la réunion %(what)s à la corbeille"),
    "meeting.restore": gettext_lazy("a sorti la réunion %(what)s de la corbeille"),
    "meeting.invite": gettext_lazy("a envoyé les convocations de la réunion %(what)s"),
    "meeting.answer": gettext_lazy("a noté une réponse pour la réunion %(what)s"),
    "meeting.attendance": gettext_lazy("a noté les présences de la réunion %(what)s"),
    "meeting.close": gettext_lazy("a clos la réunion %(what)s"),
    "meeting.paper_add": gettext_lazy("a joint un document à la réunion %(what)s"),
    "meeting.paper_remove": gettext_lazy("a retiré un document de la réunion %(what)s"),
    "agenda.add": gettext_lazy("a ajouté un point à l’ordre du jour de %(what)s"),
    "agenda.update": gettext_lazy("a corrigé un point de l’ordre du jour de %(what)s"),
    "agenda.remove": gettext_lazy("a retiré un point de l’ordre du jour de %(what)s"),
    "agenda.order": gettext_lazy("a déplacé un point de l’ordre du jour de %(what)s"),
    "minutes.save": gettext_lazy("a écrit le compte rendu d’un point de %(what)s"),
    "minutes.opening": gettext_lazy("a écrit l’ouverture du compte rendu de %(what)s"),
    "minutes.approve": gettext_lazy("a enregistré l’approbation du compte rendu de %(what)s"),
    "minutes.unapprove": gettext_lazy("a retiré l’approbation du compte rendu de %(what)s"),
    "decision.take": gettext_lazy("a enregistré la décision %(what)s"),
    "decision.update": gettext_lazy("a corrigé la décision %(what)s"),
    "decision.news": gettext_lazy("a donné des nouvelles de la décision %(what)s"),
}
LABELS = {
    "name": gettext_lazy("Nom"),
    "body_kind": gettext_lazy("Type"),
    "purpose": gettext_lazy("Rôle de l’instance"),
    "quorum": gettext_lazy("Quorum"),
    "seat_of": gettext_lazy("Organisme"),
    "seat_role": gettext_lazy("Rôle"),
    "has_vote": gettext_lazy("Voix"),
    "function": gettext_lazy("Fonction"),
    "starts_on": gettext_lazy("Début"),
    "ends_on": gettext_lazy("Fin"),
    "left_on": gettext_lazy("Départ"),
    "n_seats": gettext_lazy("Sièges"),
    "n_decisions": gettext_lazy("Décisions"),
    "n_minuted": gettext_lazy("Réunions où le nom reste"),
    "rank": gettext_lazy("Rang"),
    "held_on": gettext_lazy("Date"),
    "meeting_title": gettext_lazy("Objet"),
    "place": gettext_lazy("Lieu"),
    "url": gettext_lazy("Visioconférence"),
    "minutes_long": gettext_lazy("Durée (minutes)"),
    "meeting_state": gettext_lazy("État"),
    "reason": gettext_lazy("Motif"),
    "n_told": gettext_lazy("Messages"),
    "n_present": gettext_lazy("Présents"),
    "quorum_reached": gettext_lazy("Voix présentes ou représentées"),
    "quorum_needed": gettext_lazy("Quorum demandé"),
    "item": gettext_lazy("Point"),
    "item_kind": gettext_lazy("Nature du point"),
    "approved_on": gettext_lazy("Approuvé le"),
    "decision": gettext_lazy("Décision"),
    "decision_owner": gettext_lazy("Organisme chargé"),
    "decision_due": gettext_lazy("Échéance"),
    "decision_state": gettext_lazy("Suite"),
    "n_for": gettext_lazy("Pour"),
    "n_against": gettext_lazy("Contre"),
    "n_abstained": gettext_lazy("Abstentions"),
}
CHOICES = {
    "body_kind": Body.Kind,
    "seat_role": Mandate.Role,
    "meeting_state": Meeting.State,
    "item_kind": AgendaItem.Kind,
    "decision_state": Decision.State,
}
DATES = {"starts_on", "ends_on", "left_on", "held_on", "approved_on"}


def told(entry) -> list[tuple[str, str, str]]:
    """What changed, as (label, before, after)."""
    before, after = entry.before or {}, entry.after or {}
    return [
        (str(LABELS[name]), shown(name, before.get(name)), shown(name, after.get(name)))
        for name in LABELS
        if (before.get(name) or after.get(name)) and before.get(name) != after.get(name)
    ]


def shown(name: str, value) -> str:
    if value in (None, "", []):
        return "–"
    if name in CHOICES and value in CHOICES[name].values:
        return str(CHOICES[name](value).label)
    if name in DATES:
        return format_period(value)
    if isinstance(value, bool):
        return str(gettext_lazy("oui") if value else gettext_lazy("non"))
    return str(value)
