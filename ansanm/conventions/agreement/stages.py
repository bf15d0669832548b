"""The stages of a convention: what each asks before the next, and what of it is missing today.

Nothing here is a law: a convention goes on against what is missing when somebody says why. Nothing
depends on how long it lasts: one, four or five years are all met.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ansanm.conventions.models import (
    ActionIndicator,
    AgreementVersion,
    Convention,
    ConventionParty,
    Stage,
)
from ansanm.ui.formats import listed_apart

# Renewal and end are two ways out of the evaluation.
LINE = (
    Stage.PREPARATION,
    Stage.DIAGNOSIS,
    Stage.PRIORITIES,
    Stage.PLAN,
    Stage.VALIDATION,
    Stage.SIGNATURE,
    Stage.RUNNING,
    Stage.EVALUATION,
)
WAYS_OUT = (Stage.RENEWAL, Stage.ENDED)
RANKS = {stage: rank for rank, stage in enumerate((*LINE, *WAYS_OUT))}
PURPOSES = {
    Stage.PREPARATION: gettext_lazy("Se mettre d’accord sur le territoire, les parties et la méthode."),
    Stage.DIAGNOSIS: gettext_lazy("Partager les besoins et l’offre, chiffres et paroles d’habitants."),
    Stage.PRIORITIES: gettext_lazy("Choisir les enjeux et les thématiques."),
    Stage.PLAN: gettext_lazy("Écrire les fiches actions."),
    Stage.VALIDATION: gettext_lazy("Faire délibérer chaque assemblée sur un texte arrêté."),
    Stage.SIGNATURE: gettext_lazy("Signer, et figer ce qui est signé."),
    Stage.RUNNING: gettext_lazy("Conduire les actions et dire où elles en sont."),
    Stage.EVALUATION: gettext_lazy("Mesurer ce qui a été fait et ce que cela a changé."),
    Stage.RENEWAL: gettext_lazy("Ouvrir la convention qui prolonge celle-ci."),
    Stage.ENDED: gettext_lazy("La convention est close\u202f; elle se lit toujours."),
}


@dataclass(frozen=True)
class Requirement:
    key: str
    label: str
    is_met: bool
    # What is there and what is missing, with its count.
    detail: str
    url: str
    action: str


def share(n: int, total: int, of: str) -> str:
    """« 12 des 14 fiches »."""
    return _("%(n)s des %(total)s %(of)s") % {"n": n, "total": total, "of": of}


class Requirements:
    """What one convention lacks, each thing counted once."""

    def __init__(self, convention: Convention):
        self.convention = convention

    def of(self, stage: str) -> list[Requirement]:
        """What `stage` asks before the next."""
        name = {"plan": "plan_stage"}.get(stage, str(stage))
        found = getattr(self, name, None)
        return list(found()) if found else []

    def missing(self, before: str, after: str) -> list[Requirement]:
        """What is missing to go from `before` to `after`: that of each stage left behind. [] going back."""
        if RANKS[after] <= RANKS[before]:
            return []
        # A convention that ends need not have been renewed, unless that is where it is.
        passed = [
            one
            for one in (*LINE, Stage.RENEWAL)
            if RANKS[before] <= RANKS[one] < RANKS[after] and (one != Stage.RENEWAL or one == before)
        ]
        return [one for stage in passed for one in self.of(stage) if not one.is_met]

    def url(self, name, *more, **query) -> str:
        address = reverse(name, args=[self.convention.slug, *more])
        return f"{address}?{urlencode(query)}" if query else address

    @cached_property
    def parties(self) -> list[ConventionParty]:
        """Those bound today."""
        return list(
            self.convention.parties.filter(left_on="")
            .select_related("organisation")
            .prefetch_related("signatures")
        )

    @cached_property
    def actions(self):
        return self.convention.actions.standing()

    @cached_property
    def n_actions(self) -> int:
        return self.actions.count()

    def preparation(self) -> Iterator[Requirement]:
        n = self.convention.territories.count()
        yield Requirement(
            "territory",
            _("Un territoire"),
            n > 0,
            listed_apart(self.convention.territories.values_list("name", flat=True)) or _("aucun"),
            self.url("convention"),
            _("Lire la convention"),
        )
        kinds = {one.kind for one in self.parties}
        missing = [
            label
            for label, found in (
                (_("une collectivité"), kinds & {"commune", "epci"}),
                (_("la Caf"), kinds & {"caf"}),
            )
            if not found
        ]
        yield Requirement(
            "parties",
            _("Une collectivité et la Caf parmi les parties"),
            not missing,
            _("il manque %(what)s") % {"what": _(" et ").join(missing)}
            if missing
            else listed_apart(one.organisation.name for one in self.parties),
            self.url("party_add"),
            _("Ajouter une partie"),
        )
        roles = set(self.convention.roles.values_list("role", flat=True))
        absent = [
            label
            for role, label in (
                ("city_officer", _("le chargé de coopération")),
                ("caf_adviser", _("le conseiller Caf")),
            )
            if role not in roles
        ]
        yield Requirement(
            "members",
            _("Les deux maisons à l’œuvre"),
            not absent,
            _("il manque %(what)s") % {"what": _(" et ").join(absent)}
            if absent
            else _("toutes deux membres"),
            self.url("convention_members"),
            _("Gérer les membres"),
        )

    def diagnosis(self) -> Iterator[Requirement]:
        n = self.convention.figures().count()
        yield Requirement(
            "figures",
            _("Des chiffres des partenaires, à côté de ceux qui sont publics"),
            n > 0,
            _("%(n)s déclarés") % {"n": n},
            self.url("convention_figures"),
            _("Déclarer un chiffre"),
        )

    def priorities(self) -> Iterator[Requirement]:
        n_themes = self.convention.themes.count()
        yield Requirement(
            "themes",
            _("Les thématiques retenues"),
            n_themes > 0,
            _("%(n)s retenues") % {"n": n_themes},
            self.url("agreement_start") if not n_themes else self.url("plan_tree"),
            _("Choisir les thématiques"),
        )
        nodes = self.convention.nodes
        n_nodes, n_named = nodes.count(), nodes.exclude(label="").count()
        yield Requirement(
            "nodes",
            _("Des enjeux, tous nommés"),
            0 < n_nodes == n_named,
            share(n_named, n_nodes, _("enjeux et objectifs sont nommés")) if n_nodes else _("aucun"),
            self.url("plan_tree"),
            _("Écrire les enjeux"),
        )

    def plan_stage(self) -> Iterator[Requirement]:
        yield Requirement(
            "actions",
            _("Des fiches actions"),
            self.n_actions > 0,
            _("%(n)s fiches") % {"n": self.n_actions},
            self.url("plan"),
            _("Ouvrir une fiche"),
        )
        counted = (
            ("attached", _("Chaque fiche sous un enjeu"), Q(node__isnull=False), {"node": "none"}),
            (
                "piloted",
                _("Chaque fiche avec un pilote"),
                Q(pilot__isnull=False) | ~Q(pilot_person="") | Q(pilot_user__isnull=False),
                {"pilot": "none"},
            ),
            ("dated", _("Chaque fiche avec un calendrier"), ~Q(starts="") | ~Q(ends=""), {"sort": "start"}),
            (
                "funded",
                _("Chaque fiche avec son financement, même «\u00a0à définir\u00a0»"),
                Q(financing_lines__isnull=False) | ~Q(funding_note=""),
                {"unfunded": "on"},
            ),
            (
                "measured",
                _("Chaque fiche avec un indicateur"),
                Q(indicators__removed_at__isnull=True, indicators__isnull=False),
                {},
            ),
        )
        for key, label, condition, query in counted:
            n = self.actions.filter(condition).values("pk").distinct().count()
            yield Requirement(
                key,
                label,
                0 < n == self.n_actions,
                share(n, self.n_actions, _("fiches")),
                self.url("plan", **query),
                _("Voir les fiches"),
            )

    def validation(self) -> Iterator[Requirement]:
        dates = [label for field, label in (("starts_on", _("début")), ("ends_on", _("fin")))
                 if not getattr(self.convention, field)]  # fmt: skip
        yield Requirement(
            "dates",
            _("Un début et une fin"),
            not dates,
            _("non renseigné\u00a0: %(what)s") % {"what": _(" et ").join(dates)}
            if dates
            else _("renseignés"),
            self.url("convention_edit"),
            _("Corriger les dates"),
        )
        voting = [one for one in self.parties if one.votes]
        silent = [one for one in voting if not (one.deliberation_number and one.deliberation_on)]
        yield Requirement(
            "deliberations",
            _("La délibération de chaque collectivité, numéro et date"),
            bool(voting) and not silent,
            _("il manque celle de %(who)s") % {"who": listed_apart(str(one.organisation) for one in silent)}
            if silent
            else share(len(voting), len(voting), _("délibérations")),
            self.url("party_edit", silent[0].pk) if silent else self.url("agreement"),
            _("Saisir la délibération"),
        )
        draft = self.convention.versions.exists()
        yield Requirement(
            "draft",
            _("Un projet de texte arrêté"),
            draft,
            _("pris") if draft else _("à prendre"),
            self.url("agreement") + "#versions",
            _("Prendre le projet"),
        )

    def signature(self) -> Iterator[Requirement]:
        signed = self.convention.versions.filter(state=AgreementVersion.State.SIGNED)
        n_signed = signed.count()
        yield Requirement(
            "signed",
            _("Une version signée, figée"),
            n_signed > 0,
            _("%(n)s signées") % {"n": n_signed},
            self.url("agreement") + "#versions",
            _("Signer le projet"),
        )
        owed = [one for party in self.parties for one in party.signatures.all()]
        given = [one for one in owed if one.signed_on]
        silent = [party for party in self.parties if not party.signatures.all()]
        yield Requirement(
            "signatures",
            _("Toutes les signatures, les deux de la Caf comprises"),
            bool(owed) and len(given) == len(owed) and not silent,
            _("aucune n’est demandée à %(who)s")
            % {"who": listed_apart(str(one.organisation) for one in silent)}
            if silent
            else share(len(given), len(owed), _("signatures"))
            if owed
            else _("aucune"),
            self.url("agreement") + "#parties",
            _("Voir les signatures"),
        )

    def running(self) -> Iterator[Requirement]:
        n = self.actions.filter(progressed_at__isnull=False).count()
        yield Requirement(
            "progress",
            _("Des nouvelles de chaque fiche, au moins une fois"),
            0 < n == self.n_actions,
            share(n, self.n_actions, _("fiches")),
            self.url("plan", sort="silent"),
            _("Voir les plus silencieuses"),
        )

    def evaluation(self) -> Iterator[Requirement]:
        indicators = ActionIndicator.objects.filter(action__in=self.actions, removed_at__isnull=True)
        total = indicators.count()
        n = indicators.filter(measures__isnull=False).values("pk").distinct().count()
        yield Requirement(
            "measures",
            _("Chaque indicateur mesuré au moins une fois"),
            0 < n == total,
            share(n, total, _("indicateurs")),
            self.url("plan"),
            _("Voir les fiches"),
        )
        n_open = self.actions.filter(status__in=["planned", "to_discuss", "started"]).count()
        yield Requirement(
            "closed",
            _("Plus une fiche sans issue\u00a0: réalisée, abandonnée, ou en pause avec son motif"),
            self.n_actions > 0 and not n_open,
            share(self.n_actions - n_open, self.n_actions, _("fiches ont une issue")),
            self.url("plan"),
            _("Voir les fiches"),
        )

    def renewal(self) -> Iterator[Requirement]:
        following = self.convention.continued_by.exists()
        yield Requirement(
            "following",
            _("La convention suivante ouverte, qui reprend celle-ci"),
            following,
            _("ouverte") if following else _("pas encore"),
            self.url("agreement"),
            _("Lire comment faire"),
        )


@dataclass(frozen=True)
class Step:
    """A stage as the picture shows it."""

    stage: Stage
    # "done", "now", "ahead"
    state: str
    purpose: str

    @property
    def label(self) -> str:
        return str(self.stage.label)


def picture(convention: Convention) -> list[Step]:
    """All stages in order, each done, current or ahead; renewal and end stand at the same place."""
    here = RANKS[convention.stage]
    found = []
    for stage in (*LINE, *WAYS_OUT):
        if stage == convention.stage:
            state = "now"
        else:
            is_past = RANKS[stage] < here and stage != Stage.RENEWAL
            state = "done" if is_past else "ahead"
        found.append(Step(stage, state, str(PURPOSES[stage])))
    return found
