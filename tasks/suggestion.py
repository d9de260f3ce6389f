"""What to write in the place of a value of the wrong shape."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tasks.expected import Schema

_GROUPED = re.compile(r"[0-9]{1,3}([_, ][0-9]{3})+|[0-9]+(_[0-9]+)*")
_MOST = 60


def suggestion(schema: Schema, value: object) -> str:
    """A sentence after a space; "" where there is none.

    Args:
        schema: Of what may stand there.
        value: What stands there; None for nothing.
    """
    if isinstance(value, str | int | float | dict) and (words := _of_scalar(schema, value)):
        return f" {words}"
    for shape in (schema, *schema.alternatives):
        example = _meant(shape, value)
        if example is not None and (flow := _flow(example)):
            return f" For example: {flow}."
    return ""


def _of_scalar(schema: Schema, value: str | float | dict[str, Any]) -> str:
    kinds = {shape.node.get("type") for shape in (schema, *schema.alternatives)}
    if isinstance(value, str):
        if not kinds & {"integer", "number"} or not _GROUPED.fullmatch(value):
            return ""
        digits = re.sub("[_, ]", "", value)
        return "Write it without quotes." if digits == value else f"Write {digits}."
    if isinstance(value, dict):
        is_braced = len(value) == 1 and next(iter(value.values())) is None
        return "Write it in quotes." if is_braced and schema.is_free_text else ""
    return "Write it in quotes." if schema.is_free_text else ""


def _meant(schema: Schema, value: object) -> Any:
    """The value in the shape that is asked for, else an example of it; None for neither."""
    shaped = None
    if isinstance(value, str):
        shaped = _of_text(schema, value)
    elif isinstance(value, list) and schema.at(("",)).node.get("type") == "number":
        shaped = dict.fromkeys((item for item in value if isinstance(item, str)), 1)
    return shaped or next(iter(schema.node.get("examples", ())), None)


def _of_text(schema: Schema, text: str) -> Any:
    """A list of it; or a mapping that needs one key, with it as the value."""
    kind = schema.node.get("type")
    if kind == "array" and schema.at((0,)).is_free_text:
        return [text]
    required = schema.node.get("required", ())
    if kind == "object" and len(required) == 1 and schema.at((required[0],)).is_free_text:
        return {required[0]: text}
    return None


def _flow(example: Any) -> str:
    text = yaml.safe_dump(example, default_flow_style=True, allow_unicode=True, width=10_000)
    text = text.removesuffix("...\n").strip()
    return text if len(text) <= _MOST and text.isprintable() else ""
