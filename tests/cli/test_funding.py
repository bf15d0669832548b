"""The tariff from the command line: an exact amount, its reasons, and refusals in words."""

import json

import pytest

from ansanm import cli


@pytest.fixture
def ansanm(capsys, monkeypatch):
    def run(*arguments, language="fr"):
        monkeypatch.setenv("ANSANM_LANG", language)
        try:
            code = cli.main(list(arguments))
        except SystemExit as error:
            code = error.code
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


GOOD = ["fund", "tariff", "--children", "2", "--on", "2025-10-01", "--care", "collective"]


def test_the_tariff_and_its_lines_as_json(ansanm):
    code, out, err = ansanm(*GOOD, "--monthly-income", "3000", "--format", "json")

    answer = json.loads(out)
    assert (code, err, answer["hourly_eur"], answer["status"]) == (0, "", "1.55", "confirmed")
    assert [line["key"] for line in answer["lines"]] == ["monthly_income", "taken_income", "rate", "hourly"]
    rate = answer["lines"][2]["parameters"][0]
    assert (rate["value"], rate["valid_from"], rate["status"]) == ("0.0516", "2022-01-01", "confirmed")
    assert rate["source"]["url"].startswith("https://www.suresnes.fr")


@pytest.mark.parametrize(
    "care, eur", [("collective", "1.55"), ("micro", "1.55"), ("familial", "1.24"), ("parental", "1.24")]
)
def test_each_kind_of_care(ansanm, care, eur):
    _code, out, _err = ansanm(*GOOD[:-1], care, "--monthly-income", "3 000,00 €", "--format", "json")

    assert json.loads(out)["hourly_eur"] == eur


def test_the_month_in_words(ansanm):
    code, out, _err = ansanm(*GOOD, "--monthly-income", "3000", "--hours-per-week", "40", "--weeks", "45")

    assert code == 0
    assert "1,55\u202f€ par heure, au 1er octobre 2025" in out
    assert "232,50\u202f€ par mois" in out
    assert "3\u202f000,00\u202f€ × 0,0516 ÷ 100" in out
    assert "lu dans une source publiée" in out


def test_a_refused_income_takes_the_ceiling(ansanm):
    _code, out, _err = ansanm(*GOOD, "--income-refused", "--format", "json")

    assert json.loads(out)["hourly_eur"] == "4.39"


@pytest.mark.parametrize("custom, eur", [("floor", "0.41"), ("mean", "1.67")])
def test_a_child_of_the_ase_follows_the_local_custom(ansanm, custom, eur):
    _code, out, _err = ansanm(
        "fund", "tariff", "--income-unknown", custom, "--on", "2019-01-01", "--format", "json"
    )

    assert json.loads(out)["hourly_eur"] == eur


def test_a_yearly_income_given_for_a_month_is_told(ansanm):
    code, out, err = ansanm(*GOOD, "--monthly-income", "36000", "--format", "json")

    assert code == 0
    assert "ressources annuelles" in err
    assert json.loads(out)["warnings"][0]["key"] == "looks_yearly"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--monthly-income", "-5"], "Ressources mensuelles"),
        (["--monthly-income", "3,000"], "se lit de deux façons"),
        (["--monthly-income", "beaucoup"], "pas un nombre"),
        (["--monthly-income", "3000", "--children", "0"], "Enfants à charge"),
        (["--monthly-income", "3000", "--disabled-children", "3"], "Enfants avec AEEH"),
        (["--monthly-income", "3000", "--on", "demain"], "--on attend"),
        (["--monthly-income", "3000", "--on", "2014-01-01"], "commence le 1er janvier 2015"),
        (["--monthly-income", "3000", "--on", "2027-02-01"], "la Cnaf"),
        (["--monthly-income", "3000", "--hours-per-week", "-1"], "Heures par semaine"),
        (["--monthly-income", "3000", "--care", "micro", "--on", "2018-01-01"], "autre barème"),
    ],
)
def test_what_cannot_be_is_refused_and_names_its_field(ansanm, arguments, said):
    code, out, err = ansanm(*GOOD, *arguments)

    assert (code, out) == (1, "")
    assert said in err


def test_an_income_is_asked_for(ansanm):
    code, _out, err = ansanm(*GOOD)

    assert code == 2
    assert "--monthly-income" in err
