"""What a JSON schema allows at a path, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.names import NAME_IN_WORDS, NAME_PATTERN

_BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
    "object": "a mapping",
}


@dataclass(frozen=True)
class Schema:
    """One node of a JSON schema, references resolved; an empty node allows anything."""

    node: Mapping[str, Any]
    definitions: Mapping[str, Any]

    @classmethod
    def of(cls, root: Mapping[str, Any]) -> Schema:
        return cls(root, root.get("$defs", {}))._resolved()

    def at(self, path: tuple[str | int, ...]) -> Schema:
        """The node that governs the value at `path`."""
        schema = self
        for step in path:
            schema = schema._child(step)
        return schema

    @property
    def alternatives(self) -> tuple[Schema, ...]:
        """The shapes that a value may take, when there are several."""
        return tuple(self._nested(node) for node in self.node.get("anyOf", ()))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that a mapping may have; empty when any may stand there."""
        own = tuple(self.node.get("properties", {}))
        names = self._nested(self.node.get("propertyNames", {})).choices
        return own + names + tuple(key for shape in self.alternatives for key in shape.keys)

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that a value is chosen from; empty when it is free."""
        own = (*self.node.get("enum", ()), *_constant(self.node))
        nested = (choice for shape in self.alternatives for choice in shape.choices)
        return (*(value for value in own if isinstance(value, str)), *nested)

    @property
    def is_free_text(self) -> bool:
        """Whether any text may stand here."""
        return self.node.get("type") == "string" and not self.choices and "pattern" not in self.node

    def _child(self, step: str | int) -> Schema:
        for shape in self._shapes():
            if isinstance(step, int):
                items = shape.node.get("prefixItems", ())
                child = items[step] if step < len(items) else shape.node.get("items")
            else:
                child = shape.node.get("properties", {}).get(step)
                child = shape.node.get("additionalProperties") if child is None else child
            if isinstance(child, Mapping):
                return self._nested(child)
        return self._nested({})

    def _shapes(self) -> Iterator[Schema]:
        yield self
        for shape in self.alternatives:
            yield from shape._shapes()

    def _nested(self, node: Mapping[str, Any]) -> Schema:
        return Schema(node, self.definitions)._resolved()

    def _resolved(self) -> Schema:
        reference = self.node.get("$ref")
        if reference is None:
            return self
        found = self.definitions[str(reference).rpartition("/")[2]]
        beside = {key: self.node[key] for key in ("examples",) if key in self.node}
        return Schema({**found, **beside}, self.definitions)._resolved()


def expected(schema: Schema) -> str:
    """What a value must be, as in `expected a whole number >= 1`; "" where anything may stand."""
    words = _words(schema)
    return f"expected {words}" if words else ""


def _words(schema: Schema) -> str:
    if schema.alternatives:
        return " or ".join(filter(None, map(_words, schema.alternatives)))
    if schema.choices:
        choices = ", ".join(f"'{choice}'" for choice in schema.choices)
        return f"one of {choices}" if len(schema.choices) > 1 else choices
    kind = schema.node.get("type")
    if kind == "string":
        return _text(schema.node)
    if kind == "array":
        return _list(schema)
    return (_WORDS.get(str(kind), "") + _bounds(schema.node)).strip()


def _bounds(node: Mapping[str, Any]) -> str:
    bounds = [f"{sign} {node[name]}" for name, sign in _BOUNDS.items() if name in node]
    return f" {' and '.join(bounds)}" if bounds else ""


def _text(node: Mapping[str, Any]) -> str:
    if "pattern" in node:
        is_name = node["pattern"] == NAME_PATTERN
        return NAME_IN_WORDS if is_name else f"text matching {node['pattern']}"
    return "text, not empty" if node.get("minLength") else "text"


def _list(schema: Schema) -> str:
    node = schema.node
    fewest = f" of at least {node['minItems']}" if node.get("minItems") else ""
    item = _words(schema.at((0,)))
    return f"a list{fewest}" + (f", each {item}" if item else "")


def _constant(node: Mapping[str, Any]) -> tuple[Any, ...]:
    return (node["const"],) if "const" in node else ()
