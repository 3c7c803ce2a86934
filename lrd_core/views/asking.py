"""A request in words: the fields of any request class, read from text by their types."""

import collections.abc
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.views.view import Selection


def build(
    request: type, given: Mapping[str, Any], usual: Mapping[str, Any], options: Mapping[str, str]
) -> Any:
    """A request from values that are known and options that a person typed.

    given: fields that are told otherwise, such as the selection, at any depth: a request inside
    the request shares its fields with it. options: other fields by name, as text. usual: values
    of fields that no option tells.
    Raises: UnknownNameError for an option that is no field of it; InputError for a value that
    does not fit, or a field that has no usual value.
    """
    for name in options:
        if name not in option_fields(request, given):
            raise UnknownNameError("option", name, option_fields(request, given))
    return _build(request, given, usual, options)


def option_fields(request: type, given: Mapping[str, Any]) -> dict[str, str]:
    """What may be told of a request beside what is given, and how each value is written."""
    found: dict[str, str] = {}
    for field, hint in _typed(request):
        if field.name in given:
            continue
        if is_dataclass(hint):
            found |= option_fields(typing.cast(type, hint), given)
        elif get_origin(hint) is not collections.abc.Mapping:
            found[field.name] = _written(hint, field)
    return found


def _typed(request: type) -> list[tuple["Field[Any]", Any]]:
    hints = typing.get_type_hints(request)
    return [(field, _plain(hints[field.name])) for field in fields(request)]


def _plain(hint: Any) -> Any:
    """The type without None; a mapping by its abstract class."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    return hint


def _build(
    request: type, given: Mapping[str, Any], usual: Mapping[str, Any], options: Mapping[str, str]
) -> Any:
    values: dict[str, Any] = {}
    for field, hint in _typed(request):
        if field.name in given:
            values[field.name] = given[field.name]
        elif is_dataclass(hint) and hint is not Selection:
            values[field.name] = _build(typing.cast(type, hint), given, usual, options)
        elif field.name in options:
            values[field.name] = _parsed(field.name, hint, options[field.name])
        elif field.name in usual:
            values[field.name] = usual[field.name]
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InputError(f"say which {field.name}; see `show --view list`")
    return request(**values)


def _parsed(name: str, hint: Any, text: str) -> Any:
    """The text as a value of the field's type; "" is None where that may be."""
    if get_origin(hint) is tuple:
        return tuple(_parsed(name, get_args(hint)[0], part) for part in text.split(",") if part)
    if get_origin(hint) is Literal:
        return _one_of(name, get_args(hint), text)
    if hint is bool:
        return _one_of(name, (True, False), text)
    try:
        return hint(text)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} {text!r} is no {hint.__name__}") from error


def _one_of(name: str, choices: Sequence[Any], text: str) -> Any:
    known = {_word(choice): choice for choice in choices}
    if text not in known:
        raise InputError(f"{name} {text!r} is none of {', '.join(known)}")
    return known[text]


def _written(hint: Any, field: "Field[Any]") -> str:
    words = "..."
    if get_origin(hint) is Literal:
        words = "|".join(map(_word, get_args(hint)))
    elif hint is bool:
        words = "true|false"
    elif get_origin(hint) is tuple:
        words = "a,b,..."
    if field.default is MISSING or field.default in (None, (), ""):
        return words
    return f"{words} ({_word(field.default)})"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
