"""PyYAML's complaints, in the words of somebody who writes a file."""

from __future__ import annotations

import re

import yaml

_WORDS = (
    (r"found character '\\t'", "a tab; write spaces"),
    (r"found character ('.') that cannot start", "text that starts with {found} must be in quotes"),
    (
        r"mapping values are not allowed here",
        "a second ': ' in one line, or wrong indentation; text that holds ': ' must be in quotes",
    ),
    (r"quoted scalar, found unexpected end", "the quote of line {line} is never closed"),
    (r"unknown escape character", "a backslash in double quotes; use single quotes"),
    (r"parsing a flow.*<stream end>", "the bracket of line {line} is never closed"),
    (
        r"parsing a flow.*'[:?]'$",
        "the bracket of line {line} is not closed, or text that holds ': ' is not in quotes",
    ),
    (
        r"'(<scalar>|[][{}])'$",
        "text after a closing bracket or quote; text that holds these must be in quotes, such as "
        '"{{title}}: {{body}}"',
    ),
    (r"'(<block mapping start>|[?-])'$", "this line is indented otherwise than those before it"),
    (r"could not find expected ':'", "a line without ': '; expected `key: value`"),
)
"""What is found in PyYAML's words -> what is wrong, and what to do."""


def yaml_problem(error: yaml.MarkedYAMLError) -> str:
    """What is wrong and what to do, without place and full stop."""
    said = ", ".join(filter(None, (error.context, error.problem)))
    line = error.context_mark.line + 1 if error.context_mark else 1
    for pattern, words in _WORDS:
        if found := re.search(pattern, said):
            return words.format(line=line, found=found[1] if found.re.groups else "")
    return said
