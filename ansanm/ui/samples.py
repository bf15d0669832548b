"""What the gallery shows: an invented island, so that no example passes for a figure."""

import math
from datetime import date

import shapely
from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext, gettext_lazy

from ansanm.ui import charts, maps
from ansanm.ui.charts import Band, Bar, Line, Point
from ansanm.ui.matrix import Cell, matrix

NAMES = [
    "Anse-des-Lilas", "Bras-Sec", "Bois-Clair", "Cap-Doré", "Champ-Bleu",
    "Fond-Rose", "Grand-Étang", "Hautes-Pentes", "La-Source", "Mare-Longue",
    "Morne-Vert", "Petite-Anse", "Pointe-Claire", "Port-Neuf", "Rivière-Blanche",
    "Saint-Elme", "Savane-Haute", "Trois-Mares", "Val-d’Or", "Ville-Haute",
]  # fmt: skip
OWN = "Port-Neuf"
RATES = [31.2, 44.0, 38.5, 29.0, 52.3, 47.1, 33.6, None, 36.4, 41.0,
         25.8, 58.9, 49.5, 39.7, 45.2, None, 27.3, 35.0, 62.1, 40.4]  # fmt: skip
PEOPLE = [8200, 3100, 12400, 5400, 21000, 9800, 6600, 1500, 18300, 11000,
          4200, 33000, 15700, 96000, 27000, 900, 2600, 7300, 52000, 41000]  # fmt: skip


def island():
    """Twenty contours around as many centres, the same at each call."""
    spiral = [(0.19 * math.sqrt((i + 0.5) / 20), i * 2.4) for i in range(len(NAMES))]
    centres = [(55.5 + r * math.cos(a), -21 + 0.85 * r * math.sin(a)) for r, a in spiral]
    shore = shapely.Polygon(
        [
            (
                55.5 + (0.21 + 0.02 * math.sin(5 * a)) * math.cos(a),
                -21 + (0.18 + 0.015 * math.cos(7 * a)) * math.sin(a),
            )
            for a in (i * math.tau / 180 for i in range(180))
        ]
    )
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=shore).geoms
    return [
        (
            name,
            centre,
            next(cell for cell in cells if cell.contains(shapely.Point(centre))).intersection(shore),
        )
        for name, centre in zip(NAMES, centres, strict=True)
    ]


def areas():
    return [
        maps.Area(
            code=str(i),
            name=name,
            value=RATES[i],
            url="#cartes",
            geometry=contour,
            own=name == OWN,
            longitude=longitude,
            latitude=latitude,
            weight=PEOPLE[i],
            status=maps.SECRET if i == 7 else "",
        )
        for i, (name, (longitude, latitude), contour) in enumerate(island())
    ]


def series(values, first=2017):
    return [Point(str(first + i), value) for i, value in enumerate(values)]


def line():
    return charts.line(
        [
            Line(OWN, series([33.1, 33.9, 34.8, None, 36.2, 37.9, 39.7]), own=True),
            Line(gettext("Intercommunalité"), series([35.0, 35.6, 36.1, 36.9, 37.5, 38.2, 38.9])),
            Line(gettext("Département"), series([29.8, 30.9, 32.0, 33.3, 35.1, 36.8, 38.5])),
            Line(gettext("France"), series([56.6, 57.4, 58.3, 58.9, 59.4, 60.1, 60.9])),
        ],
        title=gettext("Places d’accueil pour 100 enfants de moins de 3 ans, de 2017 à 2023"),
        reading=gettext(
            "Port-Neuf gagne 6,6 places en six ans et passe devant son département ; 2020 manque."
        ),
        decimals=1,
        note=gettext("La ligne s’interrompt où la donnée est absente."),
    )


def line_with_break():
    return charts.line(
        [
            Line(
                OWN,
                [
                    *series([17120, 17450, 17810, 18030, 18270]),
                    Point("2023", 20240),
                    Point("2022", 19800, declared=True),
                ],
                own=True,
            ),
            Line(gettext("France"), [*series([20810, 21110, 21730, 22040, 23080]), Point("2023", 25760)]),
        ],
        title=gettext("Niveau de vie médian par an, de 2017 à 2023"),
        reading=gettext("La méthode change entre 2021 et 2023 : les deux périodes ne se comparent pas."),
        unit="eur",
        decimals=0,
        breaks=[("2021", "2023")],
        note=gettext(
            "Tireté vertical : rupture de série. Losange : chiffre déclaré à la main, jamais relié."
        ),
    )


def bars():
    return charts.bars(
        [
            Bar(OWN, 35.2, own=True),
            Bar(gettext("Intercommunalité"), 33.8),
            Bar(gettext("Département"), 36.1),
            Bar(gettext("France"), 15.4),
            Bar("Saint-Elme", None, absence=gettext("secret statistique")),
        ],
        title=gettext("Part des personnes sous le seuil de pauvreté, en 2021"),
        reading=gettext("Un peu plus d’une personne sur trois à Port-Neuf, plus du double de la France."),
        unit="percent",
    )


def pyramid():
    ages = range(0, 100, 5)
    shape = [62, 66, 70, 71, 60, 58, 61, 63, 64, 66, 68, 69, 62, 52, 41, 30, 20, 12, 6, 2]
    reference = [50, 56, 60, 61, 58, 56, 59, 62, 64, 63, 66, 68, 66, 61, 60, 47, 32, 23, 13, 5]
    whole = 2 * sum(reference)
    return charts.pyramid(
        [
            Band(
                gettext("%(first)d et +") % {"first": age} if age == 95 else f"{age}–{age + 4}",
                men=n * (47 - max(age - 40, 0) / 6),
                women=n * (49 + max(age - 40, 0) / 6),
                reference_men=r * (1 - max(age - 60, 0) / 150) / whole,
                reference_women=r * (1 + max(age - 60, 0) / 150) / whole,
            )
            for age, n, r in zip(ages, shape, reference, strict=True)
        ],
        title=gettext("Population par âge et par sexe, en 2023"),
        reading=gettext(
            "Port-Neuf est plus jeune que la France : trois habitants sur dix ont moins de 20 ans."
        ),
        reference_name=gettext("France"),
    )


def grid():
    names = [gettext("Comité de pilotage"), gettext("Comité technique"), gettext("Groupe enfance")]
    cells = {(0, 1): Cell(5, 5 / 7), (0, 2): Cell(2, 2 / 6), (1, 2): Cell(0, 0.0)}
    pairs = [gettext("%(n)s membres en commun") % {"n": cell.n} for cell in cells.values()]
    return matrix(
        names,
        cells,
        title=gettext("Qui siège dans deux instances"),
        reading=gettext("Cinq des sept membres du comité technique siègent aussi au comité de pilotage."),
        columns=(gettext("Instances"), gettext("En commun")),
        rows=[(f"{names[i]} – {names[j]}", words) for (i, j), words in zip(cells, pairs, strict=True)],
    )


def strip():
    return charts.strip(
        [Bar(name, rate, own=name == OWN) for name, rate in zip(NAMES, RATES, strict=True)],
        comparators=[
            Bar(gettext("Intercommunalité"), 38.9),
            Bar(gettext("Département"), 38.5),
            Bar(gettext("France"), 60.9),
        ],
        title=gettext("Places pour 100 enfants de moins de 3 ans : les 20 communes de l’île"),
        reading=gettext("Port-Neuf est 10e sur les 18 communes connues."),
        note=gettext("Deux communes sans valeur : une secrète, une absente."),
        decimals=1,
    )


class SampleForm(forms.Form):
    value = forms.CharField(
        label=gettext_lazy("Valeur"),
        help_text=gettext_lazy("Comme vous l’écririez : 20 500, 35,2 %, 430 M€."),
    )
    source = forms.CharField(label=gettext_lazy("Titre de la source"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Nature"),
        choices=[("published", gettext_lazy("Chiffre publié")), ("estimate", gettext_lazy("Estimation"))],
    )
    scale = forms.ChoiceField(
        label=gettext_lazy("Échelle"),
        widget=forms.RadioSelect,
        choices=[("commune", gettext_lazy("Commune")), ("district", gettext_lazy("Quartier"))],
    )
    note = forms.CharField(
        label=gettext_lazy("Remarque"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    checked = forms.BooleanField(label=gettext_lazy("J’ai relu ce chiffre à la source"))


class SampleFilter(forms.Form):
    name = forms.CharField(label=gettext_lazy("Nom"), required=False)
    level = forms.ChoiceField(
        label=gettext_lazy("Niveau"),
        choices=[("", gettext_lazy("Tous")), ("commune", gettext_lazy("Commune"))],
        required=False,
    )


def rows():
    source = {
        "title": gettext("Taux de couverture par commune"),
        "url": "#graphiques",
        "producer": gettext("Observatoire inventé"),
        "vintage": "2023",
    }
    return [
        {
            "id": "couverture",
            "name": gettext("Places d’accueil pour 100 enfants de moins de 3 ans"),
            "url": "#couverture",
            "reading": gettext("Quatre enfants sur dix ont une place."),
            "value": 39.7,
            "unit": "per_100",
            "decimals": 1,
            "period": "2023",
            "sparkline": charts.sparkline(series([33.1, 33.9, 34.8, None, 36.2, 37.9, 39.7])),
            "trend": {"direction": "up", "meaning": "better", "text": gettext("+6,6 en six ans")},
            "comparators": [
                (gettext("Intercommunalité"), 38.9, ""),
                (gettext("Département"), 38.5, ""),
                (gettext("France"), 60.9, "2022"),
            ],
            "sources": [source],
        },
        {
            "id": "niveau-de-vie",
            "name": gettext("Niveau de vie médian"),
            "value": 20240,
            "unit": "eur",
            "decimals": 0,
            "period": "2023",
            "sparkline": charts.sparkline(
                [*series([17120, 17450, 17810, 18030, 18270]), Point("2023", 20240)], [("2021", "2023")]
            ),
            "comparators": [(gettext("Département"), 19870, ""), (gettext("France"), 25760, "")],
            "cautions": [gettext("2021 et 2023 ne se comparent pas : la méthode a changé.")],
            "declared": [
                {
                    "text": gettext("Déclaré : 19 800 € en 2022, par la ville (écart de −2,2 %).").replace(
                        " €", "\u202f€"
                    ),
                    "url": "#formulaire",
                }
            ],
            "sources": [source],
        },
        {
            "id": "attente",
            "name": gettext("Demandes d’accueil en attente"),
            "value": None,
            "absent": {
                "holder": gettext("le guichet unique de la commune"),
                "obtain": gettext("La ville la saisit ou la dépose en fichier."),
                "url": "#formulaire",
                "action": gettext("Saisir ce chiffre"),
            },
        },
    ]


def context():
    bound = SampleForm({"value": "20.500", "kind": "published", "note": ""})
    bound.is_valid()
    bound.add_error("value", gettext("« 20.500 » se lit de deux façons : écrivez 20 500 ou 20,5."))
    every = areas()
    return {
        "rows": rows(),
        "charts": [line(), line_with_break(), bars(), strip(), pyramid(), grid()],
        "choropleth": maps.choropleth(
            every,
            title=gettext("Places pour 100 enfants de moins de 3 ans, par commune"),
            decimals=1,
            reading=gettext("Les mieux pourvues sont au nord et à l’ouest de l’île."),
        ),
        "dorling": maps.dorling(
            every, title=gettext("La même donnée, sans contours"), decimals=1, diverging_from=38.5
        ),
        "form": bound,
        "filter_form": SampleFilter({"level": "commune"}),
        "page": Paginator(range(240), 24).page(3),
        "chips": [{"text": gettext("Niveau : commune"), "url": "?"}],
        "changes": [
            {
                "day": date(2021, 12, 3),
                "who": "A. Payet",
                "text": gettext("A déclaré le nombre d’allocataires"),
            },
            {"day": date(2022, 1, 1), "who": "M. Grondin", "text": gettext("A corrigé la source")},
        ],
        "tabs": [
            {
                "title": gettext("Petite enfance"),
                "url": "#couverture",
                "current": True,
                "theme": "early_childhood",
            },
            {"title": gettext("Logement"), "url": "#niveau-de-vie", "theme": "housing"},
        ],
        "views": [
            {"text": gettext("Liste"), "url": "#couverture", "icon": "list", "is_current": True},
            {"text": gettext("Carte"), "url": "#niveau-de-vie", "icon": "map"},
        ],
        "statuses": [
            ("done", gettext("Publiée")),
            ("attention", gettext("À confirmer par la Caf")),
            ("stop", gettext("Refusée")),
            ("information", gettext("Estimé")),
            ("", gettext("En attente")),
        ],
        "themes": [
            ("access_to_rights", gettext("Accès aux droits")),
            ("early_childhood", gettext("Petite enfance")),
            ("youth", gettext("Enfance et jeunesse")),
            ("parenting", gettext("Parentalité")),
            ("housing", gettext("Logement")),
            ("social_life", gettext("Animation de la vie sociale")),
            ("integration", gettext("Insertion")),
            ("neutral", gettext("Démographie, cadre de vie, handicap")),
        ],
        "palette": ["ink", "muted", "lagoon", "turmeric", "hibiscus", "cane", "sky"],
        "sample_columns": (gettext("Commune"), gettext("Habitants"), gettext("Places pour 100")),
        "sample_rows": [
            ("Port-Neuf", "96\u202f000", "39,7"),
            ("Val-d’Or", "52\u202f000", "62,1"),
            ("Saint-Elme", "900", gettext("secret statistique")),
        ],
    }
