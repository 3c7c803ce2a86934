"""What trials say: sentences, the command line's lines, provenance."""

from lrd_core.pruning.summary import compare
from lrd_core.store.trials import IDENTITY
from lrd_core.views import pruning_findings
from tests.pruning.trial_table import example_trials, frame, trial


def test_the_sentence_is_computed(tables):
    trials, _ = tables
    text = pruning_findings.sentence(compare(trials), {"gfmi": "GFMI"})
    assert text == (
        "At the 10% budget the rule 'GFMI' does best against chance: it beats 75% of random plans "
        "that keep the ends; −1.5 points against the full model in the median of 2 tasks."
    )
    poor = compare(trials).assign(win_protected=0.5)
    assert "no rule shown beats chance: the best, 'GFMI', beats 50%" in (
        pruning_findings.sentence(poor, {"gfmi": "GFMI"})
    )
    assert "No trial" in pruning_findings.sentence(compare(trials.iloc[:0]))


def test_rules_that_are_one_plan_are_named_together():
    tasks = ("a", "b")
    same = [
        trial(rule, (1,), -1.0, task=task, budget=0.1) for task in tasks for rule in ("gfmi", "bi")
    ]
    other = [trial("nrs", (2,), -2.0, task=task, budget=0.1) for task in tasks]
    chance = [
        trial("random-protected", (2,), -3.0, task=task, seed=seed)
        for task in tasks
        for seed in (0, 1)
    ]
    chance += [trial("random-protected", (1,), -1.0, task=task, seed=2) for task in tasks]
    text = pruning_findings.sentence(compare(frame([*same, *other, *chance])), {"gfmi": "GFMI"})
    assert text.startswith(
        "At the 10% budget 'GFMI' and 'bi', which remove the same blocks, do best against chance: "
        "they beat "
    )


def test_the_sentence_uses_only_pairs_that_all_rules_share():
    """A rule tried on as many pairs, but on others, must not be compared with the rest."""
    rows = [
        *(trial("gfmi", (1,), -1.0, task=task, budget=0.1) for task in ("a", "b")),
        *(
            trial("nrs", (1,), change, task=task, budget=0.1)
            for task, change in (("b", -5.0), ("c", 90.0))
        ),
    ]
    table = pruning_findings.summarise_compared(compare(frame(rows))).set_index("rule")
    assert table["n"].tolist() == [1, 1]
    assert table.loc["nrs", "median"] == -5.0


def test_noise_says_what_it_is():
    full = {"rule": "full", "removed": (), "change": 0.0}
    rows = [
        trial(**full, task="a", evaluator_scores=[0.7, 0.8]),
        trial(**full, task="b", evaluator_scores=[]),
    ]
    said = pruning_findings.noise_sentence(frame(rows))
    assert "run twice: 0.000 points apart at most, repeatability on the same texts and" in said
    assert (
        "not sampling error; evaluator noise of the full model: SD 7.1 points on a over 2" in said
    )
    assert pruning_findings.noise_sentence(frame(rows[1:])).endswith("draws nothing here")
    assert pruning_findings.noise_sentence(frame(rows).iloc[:0]) == ""


def test_a_trial_in_words_merges_budgets_that_are_one_plan(pruned):
    plans = [
        {"rule": rule, "removed": list(removed)}
        for rule, removed in (("gfmi", (1,)), ("last", (3,)))
    ]
    one = example_trials()[0]
    identity = {name: getattr(one, name) for name in IDENTITY}
    report = {
        "model": "small",
        "task": "news",
        "identity": identity,
        "plans": plans,
        "score_full": 0.8,
        "noise": 0.0,
        "scored": 4,
        "known": 0,
        "seconds": 2.0,
    }
    found = pruning_findings.result_of(pruned, report)
    assert len(found["lines"]) == 2
    assert found["lines"][0].startswith("gfmi 10%, 20% (same plan): 1 of 4 blocks go (1), −1.0 p")
    assert found["lines"][0].endswith("of 4 random plans and 75% of 2 that keep the ends")
    assert len(found["trials"]) == 3
    elsewhere = report | {"identity": identity | {"device": "NVIDIA H100"}}
    assert pruning_findings.result_of(pruned, elsewhere)["lines"] == []


def test_provenance_names_what_was_measured(tables):
    trials, timed = tables
    line = pruning_findings.trial_provenance(trials, timed)
    assert line.startswith("small@main · news, pairs · n=100 · seed 0 · 64 tokens at most")
    assert line.endswith("scored on cpu · timed on cpu")
