# SPDX-License-Identifier: Apache-2.0
"""What the rounds of `./dev bench` come to: medians, spread, ratios, goals; as a table or as JSON."""
import json
import statistics
from collections import namedtuple

from bench_scenarios import METRICS

# median, least and greatest of the rounds; None where a round had a flaw or nothing was measured.
Spread = namedtuple("Spread", "median least greatest")

# spreads: system -> Spread or None. ratio: ours / theirs. met: None without a goal.
Row = namedtuple("Row", "scenario metric spreads ratio goal goal_ratio met stretch_met")

# What a run must not have, each counted in its own unit. value: from one run's result.
Flaw = namedtuple("Flaw", "name about value")

FLAWS = (
    # Of messages that were published.
    Flaw("lost", "deliveries lost", lambda result: max(0, result["expected"] - result["delivered"])),
    Flaw("failed", "publishes failed", lambda result: result["failed"]),
    Flaw("unknown", "publishes with unknown outcome", lambda result: result["unknown"]),
    # One may stand for many messages, which are among the lost.
    Flaw("gaps", "announcements of loss", lambda result: result["gaps"]),
)


def flaws(result):
    """What one run has of each flaw that it has: name -> number."""
    return {flaw.name: flaw.value(result) for flaw in FLAWS if flaw.value(result)}


def flaws_text(result):
    """For people, in one line; empty if there are none."""
    found = flaws(result)
    return ", ".join(f"{found[flaw.name]} {flaw.about}" for flaw in FLAWS if flaw.name in found)


def spread(metric, results):
    """None as soon as one round has a flaw: dropping is not a way to be fast."""
    values = [metric.value(result) for result in results]
    if not values or any(map(flaws, results)) or None in values:
        return None
    return Spread(statistics.median(values), min(values), max(values))


def better(metric, spreads):
    medians = [each.median for each in spreads if each is not None]
    if not medians:
        return None
    return max(medians) if metric.more else min(medians)


def ratio(ours, theirs):
    return ours.median / theirs if ours is not None and theirs else None


def reaches(goal, factor, value):
    if value is None:
        return False
    return value >= factor if goal.at_least else value <= factor


def rows(scenario, results, systems, with_goals):
    """One Row a metric. `results`: system -> list of results; the first of `systems` is ours."""
    ours, *peers = systems
    for name in scenario.metrics:
        metric = METRICS[name]
        spreads = {system: spread(metric, results[system]) for system in systems}
        best = better(metric, [spreads[peer] for peer in peers])
        goal = scenario.goals.get(name) if with_goals else None
        goal_ratio = met = stretch_met = None
        if goal:
            one = spreads.get(goal.against)
            theirs = best if goal.against == "better" else (one.median if one else None)
            goal_ratio = ratio(spreads[ours], theirs)
            met = reaches(goal, goal.factor, goal_ratio)
            stretch_met = reaches(goal, goal.stretch, goal_ratio) if goal.stretch is not None else None
        yield Row(scenario, metric, spreads, ratio(spreads[ours], best), goal, goal_ratio, met, stretch_met)


def short(value):
    """Three digits that matter."""
    if value >= 1e6:
        return f"{value / 1e6:.2f} M"
    if value >= 1e5:
        return f"{value / 1e3:.0f} k"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def cell(each):
    if each is None:
        return "–"
    return f"{short(each.median)} ({short(each.least)}–{short(each.greatest)})"


def factor_text(factor):
    return {1 / 3: "1/3", 1 / 2: "1/2"}.get(factor, f"{factor:g}")


def goal_text(goal):
    text = f"{'≥' if goal.at_least else '≤'} {factor_text(goal.factor)} × {goal.against}"
    return text if goal.stretch is None else f"{text}, stretch {factor_text(goal.stretch)}"


def verdict(row):
    if row.goal is None:
        return ""
    if row.goal_ratio is None:
        return "missed (nothing to compare)"
    word = "stretch met" if row.stretch_met else "met" if row.met else "missed"
    return f"{word} ({row.goal_ratio:.2f})"


def flaw_cell(flaw, results):
    counts = [flaw.value(result) for result in results]
    rounds = sum(1 for count in counts if count)
    total = sum(counts)
    return f"**{total}** in {rounds} of {len(results)} rounds" if total else "0"


def table(measured, systems, labels, with_goals):
    """Header and lines of cells. `measured`: (scenario, results) in order."""
    _, *peers = systems
    against = "better" if len(peers) > 1 else labels[peers[0]]
    header = ["scenario", "median (least–greatest)", *(labels[system] for system in systems),
              f"{labels[systems[0]]} / {against}"]
    if with_goals:
        header += ["goal", "verdict"]
    lines = []
    for scenario, results in measured:
        title = f"{scenario.name}: {scenario.about}"
        for row in rows(scenario, results, systems, with_goals):
            line = [title, row.metric.about, *(cell(row.spreads[system]) for system in systems),
                    "–" if row.ratio is None else f"{row.ratio:.2f}"]
            if with_goals:
                line += [goal_text(row.goal) if row.goal else "", verdict(row)]
            lines.append(line)
            title = ""
        for flaw in FLAWS:
            if any(flaw.value(result) for each in results.values() for result in each):
                line = ["", flaw.about, *(flaw_cell(flaw, results[system]) for system in systems)]
                lines.append(line + [""] * (len(header) - len(line)))
    return header, lines


def markdown(header, lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines])


def aligned(header, lines):
    widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
    rule = ["-" * width for width in widths]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
                     for line in [header, rule, *lines])


def summaries(scenario, results, systems, with_goals):
    """One JSON object a metric, as text."""
    for row in rows(scenario, results, systems, with_goals):
        found = {"type": "summary", "scenario": scenario.name, "metric": row.metric.name,
                 **{flaw.name: {system: sum(map(flaw.value, results[system])) for system in systems}
                    for flaw in FLAWS}}
        for system in systems:
            each = row.spreads[system]
            found[system] = each and {"median": each.median, "least": each.least, "greatest": each.greatest}
        found["ratio"] = row.ratio
        if with_goals:
            found["goal"] = goal_text(row.goal) if row.goal else None
            found["goal_ratio"], found["met"], found["stretch_met"] = row.goal_ratio, row.met, row.stretch_met
        yield json.dumps(found, ensure_ascii=False)
