"""`ask`: which layer of which model for these texts, with a few labels and without."""

import argparse
from typing import TYPE_CHECKING, Any

from lrd_core.asking.settings import ASK_SETTINGS, READ_BY, AskSettings
from lrd_core.cli.options import (
    add_allow_code,
    add_command,
    add_setting,
    check_named,
    given,
    loading_of,
)
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config
from lrd_core.settings import RunSettings, find_setting

if TYPE_CHECKING:
    from lrd_core.asking.answers import Answer


def add_to(commands: Any) -> None:
    """Add `ask` to the command line."""
    ask = add_command(commands, "ask", _ask, "which layer of which model for my texts")
    ask.add_argument("--model", action="append", required=True, help="a candidate")
    ask.add_argument("--task", required=True, help="name, MTEB name, or a folder or file of texts")
    ask.add_argument(
        "--minutes",
        type=float,
        default=0,
        help="leave out candidates that there is no time for, by the estimate (default: any time)",
    )
    for one in (*ASK_SETTINGS, *map(find_setting, READ_BY), find_setting("device")):
        add_setting(ask, one)
    add_allow_code(ask)


def _ask(arguments: argparse.Namespace, config: Config) -> Any:
    config.refuse_read_only("ask")
    check_named(arguments)
    from lrd_core.asking.answers import write_answer
    from lrd_core.asking.ask import ask
    from lrd_core.views.ask import AskRequest, question_of
    from lrd_core.views.ask_time import within_minutes

    settings = AskSettings(**given(arguments, ASK_SETTINGS))
    run = RunSettings(**given(arguments, tuple(map(find_setting, READ_BY))))
    wanted = AskRequest(tuple(arguments.model), arguments.task, settings, run)
    request, left_out = within_minutes(config, wanted, arguments.minutes)
    question = question_of(request.models, arguments.task, settings, run)
    answer = ask(
        request.models,
        arguments.task,
        settings,
        run,
        config,
        loading=loading_of(arguments),
        progress=progress_bar(),
    )
    write_answer(config, question, answer)
    return answer.to_json() if arguments.json else _for_people(config, question, answer, left_out)


def _for_people(
    config: Config, question: dict[str, Any], answer: "Answer", left_out: str
) -> list[str]:
    """The answer's sentences and tables. left_out: a sentence on what there is no time for."""
    from lrd_core.views.ask import ask_view_of, asked_of
    from lrd_core.views.ask_beyond import several_table, several_words, smaller_view_of
    from lrd_core.views.ask_free import free_table, record_for_people, track_for_people
    from lrd_core.views.ask_pick import records_of
    from lrd_core.views.combination import combination_words

    view = ask_view_of(question, answer, *records_of(config, *asked_of(answer)))
    tables = [view.ranked, several_table(answer), free_table(view), track_for_people(view)]
    tables += [record_for_people(view)] if view.earned else []
    lines = [one.to_string(index=False) for one in tables if len(one)]
    more = [left_out] if left_out else []
    if answer.smaller:
        more += [several_words(answer), smaller_view_of(question, answer).sentence]
    more += combination_words(config, answer.task_type, answer.task)
    return [view.sentence, *more, *view.notes, *(line for table in lines for line in ("", table))]
