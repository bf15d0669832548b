"""The columns of a plan in a workbook: the export writes them, the import reads them back.

One row per action in the first sheet. Each of the others names the fiche its rows belong to by
« Fiche »: its number where it has one, its title otherwise. Lists in one cell are separated by « ; ».
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True)
class PlanColumn:
    key: str
    fr: str
    en: str
    width: float
    # The field of `content.FIELDS` it fills; for the other sheets, the name in the row. "" is read only
    # to find what the row belongs to.
    field: str = ""
    wrap: bool = False
    # Came after workbooks that people keep: a sheet without it is ours all the same.
    is_later: bool = False

    @property
    def title(self) -> str:
        return self.en if (get_language() or "fr").startswith("en") else self.fr


@dataclass(frozen=True)
class PlanSheet:
    key: str
    fr: str
    en: str
    columns: Sequence[PlanColumn]
    # The field of the content whose rows it holds; "" is the sheet of the actions themselves.
    field: str = ""

    @property
    def title(self) -> str:
        return self.en if (get_language() or "fr").startswith("en") else self.fr


# How a cell holds several values; a name that holds « ; » itself is not one.
SEPARATOR = " ; "

FICHE = PlanColumn("fiche", "Fiche", "Action", 28, wrap=True)

ACTIONS = PlanSheet(
    "actions",
    "Actions",
    "Actions",
    [
        PlanColumn("number", "Numéro", "Number", 10, "number"),
        PlanColumn("title", "Intitulé", "Title", 48, "title", wrap=True),
        # The three levels of the tree: together they say the node.
        PlanColumn("stake", "Enjeu", "Stake", 30, "node", wrap=True),
        PlanColumn("objective_node", "Objectif du plan", "Objective of the plan", 30, "node", wrap=True),
        PlanColumn("step", "Objectif opérationnel", "Operational objective", 30, "node", wrap=True),
        PlanColumn("themes", "Thématiques", "Themes", 26, "themes", wrap=True),
        PlanColumn("is_priority", "Prioritaire", "Priority", 11, "is_priority"),
        PlanColumn("lead_house", "Maison pilote", "Lead house", 15, "lead_house"),
        PlanColumn("status", "État", "Status", 14, "status"),
        PlanColumn(
            "status_reason", "Motif (pause, abandon)", "Reason (pause, drop)", 30, "status_reason", wrap=True
        ),
        PlanColumn("status_as_of", "État connu en", "Status known in", 16, "status_as_of"),
        PlanColumn("pilot", "Pilote", "Lead organisation", 28, "pilot", wrap=True),
        PlanColumn(
            "pilot_person", "Nom et fonction du pilote", "Lead person and position", 28, "pilot_person"
        ),
        PlanColumn("caf_counterpart", "Interlocuteur Caf", "Caf counterpart", 24, "caf_counterpart"),
        PlanColumn("elected_referent", "Élu référent", "Elected representative", 24, "elected_referent"),
        PlanColumn("partners", "Partenaires", "Partners", 36, "partners", wrap=True),
        PlanColumn("publics", "Publics", "Public", 30, "publics", wrap=True),
        PlanColumn(
            "n_people_target",
            "Nombre de personnes visées",
            "Number of people aimed at",
            14,
            "n_people_target",
        ),
        PlanColumn("places", "Lieux", "Places", 30, "places", wrap=True),
        PlanColumn("place_note", "Précisions sur les lieux", "About the places", 28, "place_note", wrap=True),
        PlanColumn("context", "Constat", "Finding", 44, "context", wrap=True),
        PlanColumn(
            "objective", "Objectifs de l’action", "Objectives of the action", 44, "objective", wrap=True
        ),
        PlanColumn("description", "Description", "Description", 60, "description", wrap=True),
        PlanColumn("starts", "Début", "Start", 22, "starts"),
        PlanColumn("ends", "Fin", "End", 22, "ends"),
        PlanColumn("staff_fte", "Moyens humains (ETP)", "Staff (FTE)", 12, "staff_fte"),
        PlanColumn("means", "Autres moyens", "Other means", 36, "means", wrap=True),
        PlanColumn("caf_devices", "Dispositifs Caf", "Caf schemes", 30, "caf_devices", wrap=True),
        PlanColumn(
            "funding_note", "Financement, en mots", "Funding, in words", 36, "funding_note", wrap=True
        ),
        PlanColumn(
            "expected_results", "Résultats attendus", "Expected results", 44, "expected_results", wrap=True
        ),
        PlanColumn("risks", "Risques et freins", "Risks and obstacles", 36, "risks", wrap=True),
        PlanColumn("levers", "Leviers", "Levers", 36, "levers", wrap=True),
        PlanColumn("source_title", "Source", "Source", 36, "source_title", wrap=True),
        PlanColumn("source_url", "Adresse de la source", "Address of the source", 36, "source_url"),
        # Of the fiche when it was exported: what the file changes is joined with what others saved since.
        PlanColumn("version", "Version", "Version", 9),
    ],
)

OPERATIONS = PlanSheet(
    "operations",
    "Opérations",
    "Operations",
    [
        FICHE,
        PlanColumn("title", "Opération", "Operation", 40, "title", wrap=True),
        PlanColumn("description", "Description", "Description", 60, "description", wrap=True),
        PlanColumn("publics", "Publics", "Public", 30, "publics", wrap=True),
        PlanColumn("place_note", "Secteur", "Area", 28, "place_note", wrap=True),
        PlanColumn("pilot", "Pilote", "Lead organisation", 28, "pilot", wrap=True),
        PlanColumn("partners", "Partenaires", "Partners", 36, "partners", wrap=True),
        PlanColumn("funding_note", "Financement", "Funding", 36, "funding_note", wrap=True),
        PlanColumn(
            "expected_results", "Résultats attendus", "Expected results", 44, "expected_results", wrap=True
        ),
        PlanColumn(
            "quantitative",
            "Indicateurs quantitatifs",
            "Quantitative indicators",
            40,
            "quantitative",
            wrap=True,
        ),
        PlanColumn(
            "qualitative", "Indicateurs qualitatifs", "Qualitative indicators", 40, "qualitative", wrap=True
        ),
        PlanColumn("calendar", "Calendrier", "Calendar", 24, "calendar", wrap=True),
    ],
    field="operations",
)

MILESTONES = PlanSheet(
    "milestones",
    "Jalons",
    "Milestones",
    [
        FICHE,
        PlanColumn("title", "Jalon", "Milestone", 50, "title", wrap=True),
        PlanColumn("due", "Échéance", "Due", 26, "due"),
        PlanColumn("done_on", "Atteint le", "Reached on", 20, "done_on"),
    ],
    field="milestones",
)

INDICATORS = PlanSheet(
    "indicators",
    "Indicateurs",
    "Indicators",
    [
        FICHE,
        PlanColumn("label", "Indicateur", "Indicator", 50, "label", wrap=True),
        PlanColumn("kind", "Quantitatif ou qualitatif", "Quantitative or qualitative", 18, "kind"),
        PlanColumn("nature", "Nature", "Nature", 16, "nature"),
        PlanColumn("unit", "Unité", "Unit", 14, "unit"),
        PlanColumn("baseline_value", "Valeur de départ", "Baseline", 14, "baseline_value"),
        PlanColumn("baseline_on", "Date de la valeur de départ", "Date of the baseline", 18, "baseline_on"),
        # A row per target: the indicator is named again on each.
        PlanColumn("target_value", "Cible", "Target", 14, "targets.value"),
        PlanColumn("target_text", "Cible, en mots", "Target, in words", 30, "targets.text", wrap=True),
        PlanColumn("target_due", "Échéance de la cible", "Target due", 22, "targets.due"),
    ],
    field="indicators",
)

FINANCING = PlanSheet(
    "financing",
    "Financements",
    "Funding",
    [
        FICHE,
        PlanColumn("funder", "Financeur", "Funder", 30, "funder", wrap=True),
        PlanColumn("year", "Année", "Year", 9, "year"),
        PlanColumn("amount_eur", "Montant (€)", "Amount (€)", 14, "amount_eur"),
        PlanColumn("precision", "Exactitude", "Precision", 14, "precision"),
        PlanColumn("scope", "Périmètre", "Scope", 36, "scope", wrap=True),
        PlanColumn("operation", "Opération", "Operation", 30, "operation", wrap=True, is_later=True),
        PlanColumn("device", "Dispositif", "Scheme", 24, "device", wrap=True, is_later=True),
        PlanColumn("nature", "Nature", "Nature", 16, "nature", is_later=True),
        PlanColumn("tax", "Taxes", "Tax", 12, "tax", is_later=True),
        PlanColumn("common_law", "Droit commun", "Ordinary funding", 20, "common_law", is_later=True),
        PlanColumn("asked_eur", "Demandé (€)", "Asked (€)", 14, "asked_eur", is_later=True),
        PlanColumn("promised_eur", "Promis (€)", "Promised (€)", 14, "promised_eur", is_later=True),
        PlanColumn("committed_eur", "Engagé (€)", "Committed (€)", 14, "committed_eur", is_later=True),
        PlanColumn("paid_eur", "Payé (€)", "Paid (€)", 14, "paid_eur", is_later=True),
        PlanColumn(
            "in_kind_fte", "ETP mis à disposition", "Posts lent (FTE)", 14, "in_kind_fte", is_later=True
        ),
        PlanColumn("place", "Lieu", "Place", 26, "place", is_later=True),
        PlanColumn("source_title", "Source", "Source", 36, "source_title", wrap=True),
        PlanColumn("source_url", "Adresse de la source", "Address of the source", 36, "source_url"),
    ],
    field="financing",
)

SHEETS = (ACTIONS, OPERATIONS, MILESTONES, INDICATORS, FINANCING)
