"""Plans as practitioners write them, made on the spot: a list, the template of others, fiches in Word."""

import io

import docx
import xlsxwriter

HEADINGS = [
    "N°",
    "Enjeu",
    "Objectif opérationnel",
    "Intitulé de l’action",
    "Thématique",
    "Pilote",
    "Partenaires",
    "Date de début",
    "Date de fin",
    "État",
    "Financement",
    "Résultats attendus",
    "Indicateurs quantitatifs",
    "Indicateurs qualitatifs",
]
STAKES = ["Petite enfance", "Grandir et réussir", "Vivre ensemble"]
PILOTS = ["CCAS de Saint-Denis", "Ville de Saint-Denis", "Caf de La Réunion"]
STATUSES = ["À lancer", "En cours", "Réalisée", "à discuter"]


def rows(n=60):
    """A plan of `n` actions with nothing to mend."""
    return [
        [
            str(number),
            STAKES[number % 3],
            f"Objectif {number % 6 + 1}",
            f"Action numéro {number} pour les familles",
            "Petite enfance" if number % 2 else "Parentalité ; Enfance-jeunesse",
            PILOTS[number % 3],
            "Caf de La Réunion ; Les Filaos",
            "2027" if number % 4 != 2 else "2025-09",
            "pas après 2029",
            STATUSES[number % 4] if number % 4 != 2 else "En cours",
            f"Caf de La Réunion : {number} 500 € par an ; Ville de Saint-Denis : à définir",
            "Des familles mieux informées",
            f"Nombre de familles : cible {40 + number} en 2028",
            "Satisfaction des parents",
        ]
        for number in range(1, n + 1)
    ]


# Cell → what is planted there; each is refused.
PLANTED = {
    "D14": "",
    "H20": "31 février 2026",
    "I23": "2020",
    "J31": "presque",
    "A44": "7",
    "H52": "un jour",
}


def planted(table):
    """The same plan with an error in six cells (the titles are on row 3)."""
    table = [list(row) for row in table]
    for cell, text in PLANTED.items():
        table[int(cell[1:]) - 4][ord(cell[0]) - ord("A")] = text
    return table


def workbook(table, *, title="Plan d’actions de la CTG", headings=HEADINGS) -> bytes:
    """The plan under a title and an empty row, as people lay it out."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet("Plan")
        page.write_string(0, 0, title)
        for line, row in enumerate([headings, *table], start=2):
            for column, text in enumerate(row):
                page.write_string(line, column, text)
    return target.getvalue()


def csv_of(table, *, headings=HEADINGS, delimiter=";", encoding="utf-8") -> bytes:
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in [headings, *table]]
    return "\r\n".join(lines).encode(encoding)


# The headings of the template of Territoires en Transitions, on the second row; data on the fourth.
TET = [
    "Axe (x)",
    "Sous-axe (x.x)",
    "Sous-sous axe (x.x.x)",
    "Titre de l'action",
    "Titre de la sous-action",
    "Descriptif",
    "Instances de gouvernance",
    "Objectifs",
    "Indicateurs liés",
    "Structure pilote",
    "Moyens humains et techniques",
    "Partenaires",
    "Direction ou service pilote",
    "Personne pilote",
    "Élu·e référent·e",
    "Participation Citoyenne",
    "Financements",
    "Financeur 1",
    "Montant € HT",
    "Financeur 2",
    "Montant € HT",
    "Financeur 3",
    "Montant € HT",
    "Budget prévisionnel total € HT",
    "Statut",
    "Niveau de priorité",
    "Date de début",
    "Date de fin",
]


def tet(*table) -> bytes:
    """`table`: dictionaries of heading (or index) → text."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.add_worksheet("Mode d'emploi").write_string(0, 0, "À lire")
        page = book.add_worksheet("Plan")
        for column, heading in enumerate(TET):
            page.write_string(1, column, heading)
            page.write_string(2, column, "Explication de la colonne")
        for line, row in enumerate(table, start=3):
            for heading, text in row.items():
                column = heading if isinstance(heading, int) else TET.index(heading)
                if isinstance(text, str):
                    page.write_string(line, column, text)
                else:
                    page.write(line, column, text)
    return target.getvalue()


def word(*blocks) -> bytes:
    """Paragraphs (texts) and tables (lists of rows, « = » merging a cell with the one at its left)."""
    document = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(rows=len(block), cols=max(len(row) for row in block))
        for line, row in enumerate(block):
            for column, text in enumerate(row):
                if text == "=":
                    table.cell(line, column - 1).merge(table.cell(line, column))
                elif text == "^":
                    table.cell(line - 1, column).merge(table.cell(line, column))
                else:
                    table.cell(line, column).text = text
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()
