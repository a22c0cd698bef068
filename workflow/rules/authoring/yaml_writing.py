"""Writer of readable YAML: short parts on one line, long texts unbroken, quotes only if needed."""

import re

import yaml

from workflow.rules.authoring.yaml_reading import is_plain_text

WIDTH = 140
MAX_FLOW_LENGTH = 125


def write_yaml(data: object) -> str:
    """Write plain data; reading the text gives the same data."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


_NON_PRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Invisible characters and unusual line breaks, which are escaped in quotes."""


class _Dumper(yaml.SafeDumper):
    """Dumper that writes short parts on one line, and indents lists below their name."""

    def represent(self, data: object) -> None:
        node = self.represent_data(data)
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = False
        self.serialize(node)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True  # equal parts are written out, not as anchors that people would have to follow


def _represent_text(dumper: _Dumper, value: str) -> yaml.Node:
    needs_quotes = _NON_PRINTABLE.search(value) or value.endswith("\n\n") or not is_plain_text(value)
    style = '"' if needs_quotes else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


def _represent_list(dumper: _Dumper, parts: list[object]) -> yaml.Node:
    return dumper.represent_sequence(
        "tag:yaml.org,2002:seq", parts, flow_style=_is_short(parts) and dict not in map(type, parts)
    )


def _represent_object(dumper: _Dumper, parts: dict[str, object]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", parts, flow_style=_is_short(parts))


def _is_short(part: object) -> bool:
    """Return True if a part fits on one line and contains no sentences."""
    return len(str(part).replace("'", "")) <= MAX_FLOW_LENGTH and not any(
        " " in text for text in _strings_in(part)
    )


def _strings_in(part: object) -> list[str]:
    if isinstance(part, dict):
        return [text for inner in part.values() for text in _strings_in(inner)]
    if isinstance(part, list):
        return [text for inner in part for text in _strings_in(inner)]
    return [part] if isinstance(part, str) else []


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(dict, _represent_object)
