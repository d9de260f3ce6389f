"""The sections of a report's page; each is empty when there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence

from engine.report import pictures
from engine.report.drawing import Picture
from engine.report.facts import Arm, CandidateFacts, Decision, Facts, Test
from engine.report.markup import Markup, element, table
from engine.report.verdict import verdict
from engine.wording import arm_text, gain_text, share_text, start_text, tokens_text

Parts = Sequence[Markup]

WHAT_A_GAIN_IS = (
    "A gain is the control's loss minus the branch's on the target's selection split, in nats per "
    "example: both started from the same checkpoint and saw the same target examples at the same "
    "steps; the branch saw its mixture's examples besides."
)
FROM_HERE = (
    "It answers what a mixture adds from that checkpoint on. The warm-up has taught something of "
    "every candidate already, so a small gain is no judgement of the task itself; and the best of "
    "many branches flatters itself, which is why only a comparison on test is proof."
)
MOST_DECISIONS = 400
ARM_COLUMNS = ("trained on", "tokens", "gate loss", "test loss", "test metric", "over target only")


def verdict_section(facts: Facts) -> Parts:
    """The headline: who won on test and by how much, or where the campaign stands."""
    found = verdict(facts)
    lead, *others = found.sentences
    points = [element("ul", *(element("li", point) for point in others))] if others else []
    figures = [
        element("div", element("dt", name), element("dd", value)) for name, value in _figures(facts)
    ]
    return [
        element(
            "section",
            element("h2", found.headline),
            element("p", lead),
            *points,
            element("dl", *figures, class_="figures"),
            class_=f"verdict {found.tone}",
        )
    ]


def _figures(facts: Facts) -> list[tuple[str, str]]:
    selected = facts.arm("selected")
    pairs = []
    if selected and selected.tests and selected.tests[0].gain is not None:
        test = selected.tests[0]
        pairs.append(("gain on test, nats", gain_text(test.gain, test.se)))
    if facts.delivered:
        pairs.append(("delivered", arm_text(facts.delivered.name)))
    if facts.chosen is not None:
        pairs.append(("tasks chosen", f"{len(facts.chosen)} of {len(facts.candidates)}"))
    closed = sum(one.closed for one in facts.rounds)
    pairs.append(("rounds closed", f"{closed} of {facts.planned_rounds}"))
    spent = f"{tokens_text(facts.spending.total)} of {tokens_text(facts.spending.budget)}"
    pairs.append(("tokens of the budget", spent))
    return pairs


def proof_section(facts: Facts) -> Parts:
    """The arms side by side on test; empty until the test split was read."""
    if not facts.arms:
        return []
    cells = [(arm, test) for arm in facts.arms for test in arm.tests]
    return [
        element(
            "section",
            element("h2", "Proof at equal cost"),
            element(
                "p",
                "Each arm could spend as much as selection in all; target only is the best of its "
                "grid of learning rates, stopped early. The test split was read once.",
                class_="note",
            ),
            _figure(pictures.proof_picture(facts)),
            table(
                ARM_COLUMNS,
                [_arm_row(arm, test) for arm, test in cells],
                numbers=range(1, len(ARM_COLUMNS)),
                marked=[row for row, (arm, _) in enumerate(cells) if arm.delivered],
            ),
        )
    ]


def _arm_row(arm: Arm, test: Test) -> list[str]:
    metric = "-" if test.metric is None else f"{test.metric:.3f}"
    if test.low is not None and test.high is not None:
        metric += f" [{test.low:.3f}, {test.high:.3f}]"
    name = arm_text(arm.name) + (f" on {test.target}" if len(arm.tests) > 1 else "")
    return [
        element("span", name, *([_tag("delivered")] if arm.delivered else [])),
        tokens_text(arm.cost),
        f"{arm.gate_loss:.4f}",
        "-" if test.loss is None else f"{test.loss:.4f}",
        metric,
        "-" if test.gain is None else gain_text(test.gain, test.se),
    ]


def mixture_section(facts: Facts) -> Parts:
    """The frozen mixture and its reason; empty until there is one."""
    if facts.chosen is None:
        return []
    heading = element("h2", "The chosen mixture")
    if not facts.chosen:
        words = (
            "No candidate was worth its cost. Before the finish, the selected arm learned from "
            f"{start_text(facts.start.values())}."
        )
        return [element("section", heading, element("p", words))]
    figure = _figure(pictures.mixture_picture(facts), total=len(facts.chosen))
    return [element("section", heading, element("p", facts.chosen_reason), figure)]


def rounds_section(facts: Facts) -> Parts:
    """Every branch with its mixture and its gain; empty before the first round."""
    if not facts.rounds:
        return []
    return [
        element(
            "section",
            element("h2", "What was tried, and what it gave"),
            element("p", WHAT_A_GAIN_IS + " " + FROM_HERE, class_="note"),
            _figure(
                pictures.rounds_picture(facts),
                "Filled and bold: the branch from which the next round started; in the other "
                "rounds the control went on, or the start was better than all.",
                total=len(facts.branches),
            ),
            _branch_table(facts),
        )
    ]


def _branch_table(facts: Facts) -> Markup:
    rows = [
        [
            f"{branch.round + 1}",
            branch.name,
            gain_text(branch.gain, branch.se) if branch.gain is not None else branch.trouble,
            gain_text(branch.gate_gain, branch.gate_se) if branch.gate_gain is not None else "-",
            "-" if branch.metric_gain is None else f"{branch.metric_gain:+.3f}",
            tokens_text(branch.cost),
        ]
        for branch in facts.branches
    ]
    columns = ("round", "branch", "gain", "gain on the gate split", "metric gain", "tokens")
    marked = [row for row, branch in enumerate(facts.branches) if branch.advanced]
    return table(columns, rows, numbers=range(2, 6), marked=marked)


def signals_section(facts: Facts) -> Parts:
    """Candidates by signal; empty where none was measured."""
    picture = pictures.signals_picture(facts)
    if picture is None:
        return []
    measured = sum(bool(one.scores) for one in facts.candidates)
    return [
        element(
            "section",
            element("h2", "What the signals said"),
            element(
                "p",
                "Alignment is the cosine between the gradients of a candidate and of the target; "
                "affinity the correlation of their prefix vectors. Both come before training and "
                "are a prior, never the decision. Shown as last measured.",
                class_="note",
            ),
            _figure(picture, total=measured),
        )
    ]


def candidates_section(facts: Facts) -> Parts:
    """A row for each candidate: share, scores, branches, gain."""
    if not facts.candidates:
        return []
    columns = ("candidate", "share", *facts.signals, "branches", "mean gain of its branches")
    return [
        element(
            "section",
            element("h2", "Candidates"),
            element(
                "p",
                "The mean gain is over the finished branches whose mixture had the candidate, "
                "weighted by its share in each: it belongs to the company as much as to the task.",
                class_="note",
            ),
            table(
                columns,
                [_candidate_row(one, facts.signals) for one in facts.candidates],
                numbers=range(1, len(columns)),
                marked=[row for row, one in enumerate(facts.candidates) if one.share],
            ),
        )
    ]


def _candidate_row(one: CandidateFacts, signals: Sequence[str]) -> list[str]:
    tags = [_tag("decoy", warn=True)] if one.decoy else []
    tags += [_tag("withdrawn", warn=True)] if one.withdrawn else []
    return [
        element("span", one.name, *tags),
        share_text(one.share) if one.share else "-",
        *(f"{one.scores[s]:+.3f}" if s in one.scores else "-" for s in signals),
        str(one.num_branches),
        "-" if one.mean_gain is None else f"{one.mean_gain:+z.4f}",
    ]


def cost_section(facts: Facts) -> Parts:
    """Where the training tokens of the budget went, and what the proof took beside it."""
    spending = facts.spending
    proof = (
        f"The baselines that prove it took another {tokens_text(spending.proof)} tokens, which are "
        "not charged to selection."
        if spending.proof
        else "No baselines were trained."
    )
    wasted = (
        f" {tokens_text(spending.wasted)} tokens were reserved by attempts that were lost or have "
        "not ended, and count as wasted."
        if spending.wasted
        else " Nothing was wasted."
    )
    return [
        element(
            "section",
            element("h2", "Where the budget went"),
            element("p", proof + wasted, class_="note"),
            _figure(pictures.cost_picture(spending)),
        )
    ]


def decisions_section(facts: Facts) -> Parts:
    """What was decided, when and why; the last `MOST_DECISIONS`."""
    shown = facts.decisions[-MOST_DECISIONS:]
    left_out = len(facts.decisions) - len(shown)
    note = f"The last {len(shown)}; {left_out} earlier ones are in the ledger." if left_out else ""
    return [
        element(
            "section",
            element("h2", "Decisions, in order"),
            *([element("p", note, class_="note")] if note else []),
            element("ol", *map(_decision, shown), class_="decisions"),
        )
    ]


def _decision(decision: Decision) -> Markup:
    why = [element("span", f" {decision.why}", class_="why")] if decision.why else []
    what = element("span", decision.what, class_="what")
    return element("li", element("span", decision.when, class_="when"), element("div", what, *why))


def provenance_section(facts: Facts, origin: Sequence[tuple[str, str]]) -> Parts:
    """What to quote: identities, seeds, hashes and versions, then the pairs of `origin`."""
    pairs = [
        part
        for name, value in (*facts.provenance, *origin)
        for part in (element("dt", name), element("dd", element("code", value)))
    ]
    listed = element("dl", *pairs, class_="provenance")
    return [element("section", element("h2", "Provenance"), listed)]


def _figure(picture: Picture | None, caption: str = "", *, total: int = 0) -> Markup:
    if picture is None:
        return element("p", "Nothing to show yet.", class_="note")
    if total > pictures.MOST_ROWS:
        caption = f"{pictures.MOST_ROWS} of {total} shown. {caption}"
    image = element("img", src=picture.data_uri, alt=picture.alt, width=picture.width)
    return element("figure", image, *([element("figcaption", caption)] if caption else []))


def _tag(words: str, *, warn: bool = False) -> Markup:
    return element("span", words, class_="tag warn" if warn else "tag")
