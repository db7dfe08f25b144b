"""Fits the weights of the score to labelled cases: pulled towards the shipped ones, checked on mailboxes left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from assistant.judgement.score import WEIGHTS
from assistant.model import Kind
from bench.labelled import Labelled, labelled
from bench.measure import show

STEPS = 3000
PACE = 0.05
KINDS = (Kind.CHECK_IN, Kind.OWE_REPLY, Kind.DELIVER_PROMISE)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--fit", "chosen", required=True, help="Mailboxes to fit on, separated by commas; the others check.")
@click.option("--pull", default=2.0, show_default=True, help="How strongly the shipped weights hold.")
def main(folder: Path, chosen: str, pull: float) -> None:
    """Fit on some of the labelled mailboxes below FOLDER and print what came of it on the others.

    Nothing is written: a person decides which weights are worth having.
    """
    boxes = sorted(one for one in folder.iterdir() if (one / "cases.jsonl").exists())
    cases = [case for box in boxes for case in labelled(box)]
    names = set(chosen.split(","))
    for kind in KINDS:
        here = [case for case in cases if case.kind is kind]
        fit, check = ([one for one in here if (one.mailbox in names) is inside] for inside in (True, False))
        shipped = WEIGHTS[kind]
        fitted = fitted_weights(shipped, fit, pull)
        click.echo(f"\n{kind.value}: {len(fit)} cases to fit, {len(check)} to check")
        losses = [
            (what, loss(weights, fit), loss(weights, check))
            for what, weights in (("shipped", shipped), ("fitted", fitted))
        ]
        show(("log loss", "fit", "check"), losses)
        show(("weight", "shipped", "fitted"), [(name, shipped[name], fitted[name]) for name in shipped])


def fitted_weights(shipped: Mapping[str, float], cases: Sequence[Labelled], pull: float) -> dict[str, float]:
    """Return the weights of the highest posterior: logistic regression with a normal prior around the shipped ones."""
    weights = dict(shipped)
    pace = PACE / (1 + 0.1 * len(cases))
    for _ in range(STEPS):
        slope = {name: pull * (weights[name] - shipped[name]) for name in weights}
        for case in cases:
            error = chance(weights, case) - case.wanted
            slope["base"] += error
            for name, value in case.features.items():
                slope[name] += error * value
        for name in weights:
            weights[name] -= pace * slope[name]
    return weights


def loss(weights: Mapping[str, float], cases: Sequence[Labelled]) -> float:
    """Return the mean log loss; 0 when there are no cases."""
    found = [chance(weights, case) if case.wanted else 1 - chance(weights, case) for case in cases]
    return -sum(map(math.log, found)) / len(found) if found else 0.0


def chance(weights: Mapping[str, float], case: Labelled) -> float:
    """Return the chance these weights give that a case is wanted."""
    logit = weights["base"] + sum(weights[name] * value for name, value in case.features.items())
    return 1 / (1 + math.exp(-logit))


if __name__ == "__main__":
    main()
