"""What awaits somebody who signs in: computed from what is there, never typed."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ansanm.accounts.models import AuditEntry, convention_key
from ansanm.accounts.permissions import Permission, has_permission
from ansanm.conventions import history
from ansanm.conventions.governance.listing import meetings_of, still_to_come
from ansanm.conventions.models import Convention, Decision, Proposal, Stage
from ansanm.conventions.plan import notices
from ansanm.conventions.plan.houses import house_of
from ansanm.conventions.portfolio import MONTHS_TO_RENEW, late_by_convention, months_until
from ansanm.territories.variables import variables
from ansanm.ui.formats import format_period, quoted

# What a shared diagnosis asks for and nobody publishes by commune.
EXPECTED = (
    "low_income_caf_households",
    "caf_children_covered",
    "caf_benefits_eur",
    "caf_social_action_eur",
    "eaje_places",
    "waiting_childcare_requests",
)


@dataclass(frozen=True)
class Task:
    convention: Convention
    text: str
    url: str
    action: str
    is_late: bool = False


def of(user) -> dict:
    conventions = list(Convention.objects.visible_to(user).prefetch_related("territories"))
    may_read_journal = [one for one in conventions if has_permission(user, Permission.AUDIT_READ, one)]
    entries = AuditEntry.objects.filter(convention_key__in=[convention_key(one) for one in may_read_journal])
    return {
        "conventions": conventions,
        "tasks": [task for one in conventions for task in tasks(one, user)],
        "changes": history.told(entries.select_related("actor")[:5]),
        "next_meetings": still_to_come(meetings_of(conventions), timezone.localdate())[:5],
        "n_unread": notices.to_read(user).count(),
        "may_create_convention": has_permission(user, Permission.CONVENTION_CREATE),
        "may_manage_people": has_permission(user, Permission.USER_ADD),
        "may_read_trail": has_permission(user, Permission.PLATFORM_AUDIT),
    }


def tasks(convention: Convention, user) -> list[Task]:
    found = []
    if has_permission(user, Permission.CONVENTION_EDIT, convention):
        found += [*renewal(convention), *missing_dates(convention)]
    if has_permission(user, Permission.PLAN_EDIT, convention):
        found += [*waiting_proposals(convention, user), *late_actions(convention)]
    if has_permission(user, Permission.GOVERNANCE_EDIT, convention):
        found += late_decisions(convention)
    if has_permission(user, Permission.FIGURE_DECLARE, convention):
        found += missing_figures(convention)
    return found


def renewal(convention) -> list[Task]:
    end = convention.end
    if not end or convention.stage == Stage.ENDED:
        return []
    today = timezone.localdate()
    left = months_until(end, today)
    if left > MONTHS_TO_RENEW:
        return []
    text = (
        _("La convention a pris fin en %(end)s : son évaluation et la suite sont à décider.")
        if left < 0
        else _("La convention finit en %(end)s : c’est le temps de l’évaluer et de préparer la suite.")
    )
    return [
        Task(
            convention,
            text % {"end": format_period(end)},
            convention.get_absolute_url(),
            _("Ouvrir la convention"),
            is_late=left < 0,
        )
    ]


def waiting_proposals(convention, user) -> list[Task]:
    """What the other house proposes and this one answers."""
    house = house_of(user, convention)
    n = Proposal.objects.filter(
        action__convention=convention, action__deleted_at=None, state=Proposal.State.OPEN, to_house=house
    ).count()
    if not n:
        return []
    text = ngettext(
        "%(n)s proposition attend la réponse de votre maison.",
        "%(n)s propositions attendent la réponse de votre maison.",
        n,
    )
    url = reverse("proposals", args=[convention.slug])
    return [Task(convention, text % {"n": n}, url, _("Répondre"))]


def late_actions(convention) -> list[Task]:
    today = timezone.localdate()
    n = late_by_convention(convention.actions.open(), today)[convention.pk]
    if not n:
        return []
    text = ngettext("%(n)s action est en retard.", "%(n)s actions sont en retard.", n)
    url = reverse("plan", args=[convention.slug]) + "?late=on"
    return [Task(convention, text % {"n": n}, url, _("Les voir"), is_late=True)]


def late_decisions(convention) -> list[Task]:
    n = Decision.objects.open().filter(convention=convention, due_last_on__lt=timezone.localdate()).count()
    if not n:
        return []
    text = ngettext(
        "%(n)s décision attend une suite depuis son échéance.",
        "%(n)s décisions attendent une suite depuis leur échéance.",
        n,
    )
    url = reverse("decisions", args=[convention.slug]) + "?late=on"
    return [Task(convention, text % {"n": n}, url, _("Les voir"), is_late=True)]


def missing_dates(convention) -> list[Task]:
    fields = [field for field in ("starts_on", "ends_on") if not getattr(convention, field)]
    if not fields:
        return []
    return [
        Task(
            convention,
            _("Les dates de début et de fin ne sont pas toutes enregistrées."),
            reverse("convention_edit", args=[convention.slug]),
            _("Compléter les dates"),
        )
    ]


def missing_figures(convention) -> list[Task]:
    given = set(convention.figures().filter(variable__in=EXPECTED).values_list("variable", flat=True))
    missing = [name for name in EXPECTED if name not in given]
    if not missing:
        return []
    known = variables()
    listed = ", ".join(quoted(known[name]) for name in missing[:3])
    text = ngettext(
        "%(n)s chiffre que personne ne publie manque au diagnostic : %(listed)s.",
        "%(n)s chiffres que personne ne publie manquent au diagnostic, dont %(listed)s.",
        len(missing),
    )
    url = reverse("figure_declare", args=[convention.slug])
    return [
        Task(
            convention,
            text % {"n": len(missing), "listed": listed},
            f"{url}?{urlencode({'variable': missing[0]})}",
            _("Déclarer ce chiffre") if len(missing) == 1 else _("Déclarer le premier"),
        )
    ]
