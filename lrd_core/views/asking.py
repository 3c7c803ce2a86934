"""Questions with a name, and their requests from words.

A request may hold others; their fields are its own.
"""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views.view import Selection, View

Named = Callable[[Config, Sequence[str], Sequence[str]], Mapping[str, Any]]


def no_names(config: Config, models: Sequence[str], tasks: Sequence[str]) -> Mapping[str, Any]:
    """Of a question about the whole store. Raises: InputError where one is named."""
    if models or tasks:
        raise InputError("this view is of the whole store; it takes no model and no task")
    return {}


@dataclass(frozen=True)
class Question:
    """request: a frozen class whose fields say what may be asked. answer: gives the view.

    named: which fields models and tasks are, of a request without a Selection.
    """

    name: str
    summary: str
    request: type
    answer: Callable[[Config, Any], View]
    named: Named = no_names


@dataclass(frozen=True)
class Asked:
    """A field that a value can be written for. default: MISSING where it has none."""

    hint: Any
    default: Any

    @property
    def written(self) -> str:
        """How a value is written, and what is taken without one."""
        if get_origin(self.hint) is Literal:
            words = "|".join(map(str, get_args(self.hint)))
        elif self.hint is bool:
            words = "true|false"
        elif "tuple" in str(self.hint):
            words = "a,b,..."
        else:
            words = "..."
        default = self.default
        if default is MISSING or default in (None, (), ""):
            return words
        usual = ",".join(map(str, default)) if isinstance(default, tuple) else str(default).lower()
        return f"{words} ({usual})"


def asked_for(request: type) -> dict[str, Asked]:
    """The fields of a request, but a Selection and the settings that only a page fixes."""
    if request is Selection:
        return {}
    hints = typing.get_type_hints(request)
    found: dict[str, Asked] = {}
    for field in fields(request):
        hint = hints[field.name]
        if isinstance(hint, type) and is_dataclass(hint):
            found |= asked_for(hint)
        elif get_origin(hint) is not Mapping:
            found[field.name] = Asked(hint, field.default)
    return found


def holds_selection(request: type) -> bool:
    """Whether it asks for models and tasks as every page does."""
    if request is Selection:
        return True
    hints = typing.get_type_hints(request)
    inside = (hints[f.name] for f in fields(request))
    return any(
        isinstance(one, type) and is_dataclass(one) and holds_selection(one) for one in inside
    )


def build(request: type, selection: Selection, values: Mapping[str, Any]) -> Any:
    """The request with these values of its fields; what is not named is as usual."""
    if request is Selection:
        return selection
    hints = typing.get_type_hints(request)
    given = {}
    for field in fields(request):
        hint = hints[field.name]
        if isinstance(hint, type) and is_dataclass(hint):
            given[field.name] = build(hint, selection, values)
        elif field.name in values:
            given[field.name] = values[field.name]
    return request(**given)


def parsed(name: str, hint: Any, text: str) -> Any:
    """The text as a value of the field's type. Raises: InputError."""
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return parsed(name, kinds[0], text) if text else None
    if get_origin(hint) is tuple:
        return tuple(parsed(name, get_args(hint)[0], part) for part in text.split(",") if part)
    if get_origin(hint) is Literal:
        choices = {str(choice): choice for choice in get_args(hint)}
        if text not in choices:
            raise InputError(f"{name} {text!r} is none of {', '.join(choices)}")
        return choices[text]
    if hint is bool:
        if text not in ("true", "false"):
            raise InputError(f"{name} {text!r} is neither true nor false")
        return text == "true"
    try:
        return hint(text)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} {text!r} is no {hint.__name__}") from error


def only(names: Sequence[str], kind: str) -> str | None:
    """The one name, None without any. Raises: InputError for several."""
    if len(names) > 1:
        raise InputError(f"this view is of one {kind}; {len(names)} were named")
    return names[0] if names else None
