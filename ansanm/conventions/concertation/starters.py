"""Surveys to start from, read from starters.yaml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

FILE = Path(__file__).with_name("starters.yaml")


@dataclass(frozen=True)
class Starter:
    names: dict[str, str]
    introduction: str
    thanks: str
    audiences: tuple[str, ...]
    questions: tuple[dict, ...]

    @property
    def name(self) -> str:
        return self.names.get((get_language() or "fr")[:2], self.names["fr"])

    def questions_of(self, convention) -> list[dict]:
        """Its questions, with the themes that the plan of the convention has."""
        themes = set(convention.themes.values_list("slug", flat=True))
        return [
            question
            | {"choices": [{"label": label} for label in question.get("choices", ())]}
            | {"theme": question["theme"] if question.get("theme") in themes else ""}
            for question in self.questions
        ]


@cache
def starters() -> dict[str, Starter]:
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        key: Starter(
            {"fr": one["fr"], "en": one["en"]},
            one["introduction"],
            one["thanks"],
            tuple(one["audiences"]),
            tuple(one["questions"]),
        )
        for key, one in read.items()
    }
