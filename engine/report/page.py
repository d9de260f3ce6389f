"""A report as one HTML page: no script, no network, everything inside."""

from __future__ import annotations

from importlib.resources import files

from engine.report import sections
from engine.report.facts import Facts
from engine.report.markup import Markup, element, joined, trusted


def page(facts: Facts, *, origin: tuple[tuple[str, str], ...] = ()) -> str:
    """The whole page.

    Args:
        facts: What to show.
        origin: Further lines of provenance that the ledger cannot know: where it lies, its hash.
    """
    style = files("engine.report").joinpath("style.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        # Nothing may be loaded, whatever a name from data would like.
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; img-src data:; style-src 'unsafe-inline'",
        ),
        element("title", f"{facts.name}: report"),
        element("style", trusted(style)),
    )
    body = element("body", element("main", _header(facts), *_body(facts, origin)))
    return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _header(facts: Facts) -> Markup:
    return element(
        "header",
        element("p", "Sextant campaign report", class_="kind"),
        element("h1", facts.name),
        element(
            "p",
            f"for the sake of {facts.target}, by policy {facts.policy}",
            class_="target",
        ),
    )


def _body(facts: Facts, origin: tuple[tuple[str, str], ...]) -> list[Markup]:
    return [
        joined(part)
        for part in (
            sections.verdict_section(facts),
            sections.proof_section(facts),
            sections.mixture_section(facts),
            sections.rounds_section(facts),
            sections.signals_section(facts),
            sections.candidates_section(facts),
            sections.cost_section(facts),
            sections.decisions_section(facts),
            sections.provenance_section(facts, origin),
        )
    ]
