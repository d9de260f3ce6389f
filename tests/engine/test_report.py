from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from example_ledger import CANDIDATES, TARGET, example_records, example_scores

from engine.ledger.ledger import Ledger
from engine.ledger.records import Chosen, Closed, Delivered, Proposed, Record
from engine.ledger.result_store import keep_readings
from engine.report import write_report
from engine.report.facts import Facts
from engine.report.gathering import facts_of
from engine.report.markup import element
from engine.report.page import page
from engine.report.verdict import verdict
from engine.signals.readings import Readings
from engine.storage.content_store import DamagedFileError

HOSTILE = "<img src=x onerror=alert(1)>"


class _Page(HTMLParser):
    """Tags, attributes and text of a page; also whether every tag is closed in order."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def _facts(records: Sequence[Record], *, names: Sequence[str] = CANDIDATES) -> Facts:
    means = {
        name: {signal: by_target[TARGET] for signal, by_target in by_signal.items()}
        for name, by_signal in example_scores(names).items()
    }
    return facts_of(records, means)


def _page_of(records: Sequence[Record]) -> _Page:
    return _Page(page(_facts(records)))


def _until(records: Sequence[Record], kind: type, *, count: int = 1) -> tuple[Record, ...]:
    """The records before the `count`-th of a kind."""
    places = [index for index, record in enumerate(records) if isinstance(record, kind)]
    return tuple(records[: places[count - 1]])


def _pictures(found: _Page) -> list[str]:
    prefix = "data:image/svg+xml;base64,"
    sources = [str(attributes["src"]) for tag, attributes in found.tags if tag == "img"]
    assert all(source.startswith(prefix) for source in sources)
    return [base64.b64decode(source.removeprefix(prefix)).decode() for source in sources]


def test_a_finished_campaign_has_every_section_and_picture() -> None:
    found = _page_of(example_records())
    assert found.open == []
    assert len(_pictures(found)) == 5
    for words in (
        "The selected mixture beats target-only training on test.",
        "Proof at equal cost",
        "The chosen mixture",
        "What was tried, and what it gave",
        "What the signals said",
        "Where the budget went",
        "Decisions, in order",
        "CUDA out of memory",
        "two of its branches diverged",
        "7f3a9c1e5b2d4860",
        "It answers what a mixture adds from that checkpoint on.",
    ):
        assert words in found.words
    assert "0.812 [0.791, 0.832]" in found.words


def _without_mixture() -> list[Record]:
    return [
        replace(one, mixture={}) if isinstance(one, Chosen) else one for one in example_records()
    ]


def test_a_choice_of_no_candidate_is_final_and_promises_no_picture() -> None:
    found = _page_of(_without_mixture())
    assert "No candidate was worth its cost." in found.words
    assert "Nothing to show yet" not in found.words


def test_a_choice_of_no_candidate_tells_what_its_start_had_learned_from() -> None:
    words = _page_of(_without_mixture()).words
    found = re.search(
        r"the selected arm learned from all tasks in the warm-up, then (.*?)\.", words
    )
    assert found
    assert f"{CANDIDATES[0]} 50 %" in found[1]


def test_arms_that_stopped_at_different_costs_are_said_to_have_been_allowed_the_same() -> None:
    words = _page_of(example_records()).words
    assert "Training on all tasks, allowed the same cost, gained +0.0015" in words


def test_the_page_needs_no_network_and_no_script() -> None:
    content = page(_facts(example_records()))
    found = _Page(content)
    assert {tag for tag, _ in found.tags} & {"script", "link", "iframe", "object", "a"} == set()
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"base64,[A-Za-z0-9+/=]+", "", content))
    assert "@import" not in content and "url(" not in content
    for picture in _pictures(found):
        assert picture.startswith("<svg")
        assert "<script" not in picture and "<image" not in picture
        # Names of XML vocabularies are no addresses: nothing is fetched from them.
        links = re.findall(r'href="([^"]*)"', picture)
        assert all(link.startswith("#") for link in links)


def test_hostile_names_and_reasons_are_shown_as_text() -> None:
    names = [HOSTILE, "$\\frac{a}$", "tab\there", "x" * 300, "\ud800", "two", "three"]
    records = example_records(names=names, reason="</style><script>alert(1)</script> & ")
    content = page(_facts(records, names=names))
    content.encode()
    found = _Page(content)
    assert found.open == []
    assert "script" not in {tag for tag, _ in found.tags}
    assert all("onerror" not in attributes for _, attributes in found.tags)
    assert HOSTILE in found.words
    assert "<script>alert(1)</script> & " in found.words


@pytest.mark.parametrize("count", range(1, 62, 10))
def test_a_campaign_can_be_reported_at_any_line(count: int) -> None:
    records = example_records()[:count]
    found = _page_of(records)
    assert found.open == []
    assert "of 4 rounds closed" in found.words or count > 60


def test_an_unfinished_round_is_shown_as_such() -> None:
    found = _page_of(_until(example_records(), Closed, count=2))
    assert "Not finished: 1 of 4 rounds closed." in found.words
    assert "not trained yet" in found.words
    assert "Proof at equal cost" not in found.words


def test_a_campaign_of_failed_branches_has_no_gain_to_boast_of() -> None:
    records = [
        _all_failed(record) if isinstance(record, Closed) else record
        for record in _until(example_records(), Chosen)
    ]
    facts = _facts(records)
    assert all(one.mean_gain is None and one.num_branches == 0 for one in facts.candidates)
    assert "No branch has finished yet" in _Page(page(facts)).words


def _all_failed(record: Closed) -> Closed:
    gains = tuple(
        line.__class__(
            branch=line.branch,
            status="failed",
            cost=0,
            gain=None,
            se=None,
            gate_gain=None,
            gate_se=None,
            targets={},
            reason="diverged",
        )
        for line in record.gains
    )
    return Closed(
        round=record.round,
        gains=gains,
        control_cost=1,
        advanced=f"r{record.round:02d}-control",
        checkpoint=record.checkpoint,
    )


def test_sixty_candidates_and_a_hundred_branches_fit() -> None:
    names = [f"task_{number}" for number in range(70)]
    content = page(_facts(example_records(names=names, rounds=34), names=names))
    found = _Page(content)
    assert "60 of 102 shown." in found.words
    assert "60 of 70 shown." in found.words
    assert all(name in found.words for name in names)
    assert len(content) < 3_000_000


def test_costs_are_told_apart_by_stage_and_add_up() -> None:
    records = example_records()
    spending = _facts(records).spending
    assert dict(spending.parts) == {
        "warm-up": 812_000,
        "signals": 4 * 61_000,
        "controls": 4 * 74_000,
        "branches": 11 * 141_000,
        "finish": 1_440_000,
    }
    assert spending.wasted == 141_000
    assert spending.proof == 3_600_000 + 1_210_000


def test_the_branches_of_an_open_round_are_not_counted_as_controls() -> None:
    spending = _facts(_until(example_records(), Closed)).spending
    assert dict(spending.parts)["controls"] == 74_000
    assert dict(spending.parts)["branches"] == 3 * 141_000


def test_a_candidates_mean_gain_is_weighted_by_its_share() -> None:
    facts = _facts(example_records())
    name = "name_matches_body"
    having = [b for b in facts.branches if b.gain is not None and name in b.mixture]
    mean = sum(b.mixture[name] * (b.gain or 0.0) for b in having)
    mean /= sum(b.mixture[name] for b in having)
    (one,) = [one for one in facts.candidates if one.name == name]
    assert len(having) > 1
    assert one.mean_gain == pytest.approx(mean)
    assert one.num_branches == len(having)


def test_what_was_never_tried_is_ranked_by_a_signal_and_not_by_its_loss() -> None:
    before_any_round = _until(example_records(), Proposed)
    scores = {name: {"loss": 9.0, "alignment": -0.5} for name in CANDIDATES}
    scores["is_private"] = {"loss": 0.1, "alignment": 0.5}
    scores["first_verb"] = {"loss": 0.1, "affinity": 0.3}
    first, second, *_ = facts_of(before_any_round, scores).candidates
    assert (first.name, second.name) == ("is_private", "first_verb")


def _with_test(gain: float, se: float, *, arm: str = "selected", gate: float = 0.4) -> Facts:
    """The example, with another result of its selected arm and another arm delivered."""
    records = list(example_records())
    place = next(i for i, record in enumerate(records) if isinstance(record, Delivered))
    old = records[place]
    assert isinstance(old, Delivered)
    first = old.contenders[0]
    test = {TARGET: {**first.test[TARGET], "gain": gain, "gain_se": se}}
    changed = first.__class__(arm="selected", job=first.job, cost=1, gate_loss=gate, test=test)
    records[place] = Delivered(
        arm=arm, job=old.job, checkpoint="", contenders=(changed, *old.contenders[1:])
    )
    return _facts(records)


def test_the_verdict_claims_a_win_only_when_the_interval_excludes_zero() -> None:
    assert "beats" in verdict(_with_test(0.020, 0.010)).headline
    unsure = verdict(_with_test(0.019, 0.010))
    assert unsure.headline == "No certain difference from target-only training on test."
    assert "this may be noise" in unsure.sentences[0]
    assert "is worse than" in verdict(_with_test(-0.020, 0.010)).headline


def test_the_verdict_says_why_another_arm_was_delivered() -> None:
    worse = verdict(_with_test(-0.02, 0.01, arm="target-only", gate=0.5))
    words = " ".join(worse.sentences)
    assert "Delivered: target only, by the safety rule" in words
    lowest = verdict(_with_test(0.02, 0.01))
    assert "whose calibrated loss on the gate split is the lowest" in " ".join(lowest.sentences)


def _kept_readings(folder: Path) -> str:
    folder.mkdir()
    column = np.linspace(-1.0, 1.0, len(CANDIDATES))
    column[3] = np.nan
    readings = Readings(candidates=CANDIDATES, scores={"alignment": {TARGET: column}})
    return keep_readings(readings, folder, tasks=(*CANDIDATES, TARGET), number=0)


def test_the_report_is_written_from_the_ledger_and_its_arrays(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    with pytest.raises(ValueError, match="ledger"):
        write_report(folder)
    ledger = Ledger.open(folder)
    sha256 = _kept_readings(folder / "signals")
    for record in example_records():
        ledger.append(replace(record, readings=sha256) if isinstance(record, Proposed) else record)
    first = write_report(folder)
    assert first == folder / "report.html"
    words = _Page(first.read_text(encoding="utf-8")).words
    assert f"--out '{folder}'" in words
    assert re.search(r"ledger, sha256[0-9a-f]{64}", words)
    before = first.read_bytes()
    assert write_report(folder).read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {"ledger.jsonl", "report.html", "signals"}
    assert "What the signals said" in words and "-0.818" in words and "+nan" not in words
    (folder / "signals" / f"{sha256}.safetensors").unlink()
    with pytest.raises(DamagedFileError, match="is missing; restore it"):
        write_report(folder)


def test_markup_escapes_all_that_it_did_not_make() -> None:
    inner = element("b", 'a<"b"&', title='"><script>')
    assert inner == '<b title="&quot;&gt;&lt;script&gt;">a&lt;&quot;b&quot;&amp;</b>'
    assert element("p", inner, "<", class_="x") == f'<p class="x">{inner}&lt;</p>'
    assert element("p", "a\x1b\ud800") == "<p>a?</p>"


def test_a_decoy_is_what_its_card_calls_one_and_not_what_its_name_says() -> None:
    marked = {one.name: one.decoy for one in _facts(example_records()).candidates}
    assert marked["decoy_verb_shuffled"]
    assert not marked["decoy_library_shuffled"]
    assert sum(marked.values()) == 1
