"""Maps from the columns of a CSV file to fields: TOML files, presets, and a proposal from a header."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any

from workflow.rules.enums import LossReason, OpportunityState, OpportunityType, WinReason

PRESETS = ("pursuit", "salesforce", "hubspot", "pipedrive")
TARGET_FIELDS = (
    "externalId", "name", "accountName", "ownerEmail", "ownerName", "stage", "status", "amount", "currency",
    "createdAt", "stateSince", "expectedCloseDate", "closeDate", "closedOn", "type", "source",
    "winReason", "lossReason", "disqualifyReason",
    "contactName", "contactEmail", "contactTitle", "contactRole",
)  # fmt: skip
"""The fields that a column can be mapped to.

`closeDate` is the expected date of an open deal or the day of a close.
"""
REQUIRED_FIELDS = ("externalId", "name")
"""The fields that a file must have a column for."""
ENUM_TABLES: Mapping[str, type[StrEnum]] = {
    "states": OpportunityState,
    "statuses": OpportunityState,
    "types": OpportunityType,
    "win_reasons": WinReason,
    "loss_reasons": LossReason,
}
"""The tables of a map that translate words of the file, and the values that each translates to."""
DATE_ORDERS = ("auto", "ymd", "dmy", "mdy")
DECIMAL_MARKS = ("auto", "point", "comma")


class InvalidMapError(Exception):
    """A map cannot be read or is not valid; the message gives the reason."""


@dataclass(frozen=True)
class ImportMap:
    """A map. Columns and words are compared without regard to case, spaces and punctuation."""

    external_system: str
    columns: Mapping[str, Sequence[str]]
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str | None = None
    default_account: str | None = None
    dates: str = "auto"
    decimal: str = "auto"
    keep_other_columns: bool = False

    def match_header(self, header: Sequence[str]) -> dict[str, str]:
        """Return the first column of the file for each field that it has."""
        known = {fold(name): name for name in reversed(header)}
        matches = {
            target: [known[fold(name)] for name in headings if fold(name) in known]
            for target, headings in self.columns.items()
        }
        return {target: names[0] for target, names in matches.items() if names}

    def columns_for(self, header: Sequence[str], target: str) -> list[str]:
        """Return the columns of the file for a field. In each line the first one with a value counts."""
        known = {fold(name): name for name in reversed(header)}
        return [known[fold(name)] for name in self.columns.get(target, ()) if fold(name) in known]

    def matches(self, header: Sequence[str]) -> bool:
        """Return True if the file has a column for every required field and for the stage."""
        return all(target in self.match_header(header) for target in (*REQUIRED_FIELDS, "stage"))

    def translate(self, table: str, word: str) -> str | None:
        """Return the value that a word of the file means: by the table, or because it is that value.

        None if unknown.
        """
        translations = {fold(theirs): ours for theirs, ours in self.translations.get(table, {}).items()}
        own_values = {fold(one): one.value for one in ENUM_TABLES[table]}
        return translations.get(fold(word)) or own_values.get(fold(word))


def fold(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    return re.sub(r"[\W_]+", "", text.casefold())


def load_preset(name: str) -> ImportMap:
    """Return a map that ships with the product."""
    return parse_map(
        (files("api.files") / "import_maps" / f"{name}.toml").read_text(encoding="utf-8"),
        f"The preset {name}",
    )


def parse_map(text: str, label: str) -> ImportMap:
    """Return the map of a TOML text; InvalidMapError names its first fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InvalidMapError(f"{label} is not TOML: {problem}.") from problem
    known = {"external_system", "columns", "defaults", "format", "keep_other_columns", *ENUM_TABLES}
    if unknown := sorted(data.keys() - known):
        raise InvalidMapError(
            f"{label} has the unknown key `{unknown[0]}`. It may have {', '.join(sorted(known))}."
        )
    columns = _parse_columns(_parse_table(data, "columns", label), label)
    system = data.get("external_system")
    if not isinstance(system, str) or not system.strip():
        raise InvalidMapError(
            f"{label} has no `external_system`. Give the name of the system that the file comes from."
        )
    defaults = _parse_table(data, "defaults", label)
    formats = _parse_table(data, "format", label)
    return ImportMap(
        external_system=system.strip(),
        columns=columns,
        translations={
            table: _parse_translations(_parse_table(data, table, label), table, label)
            for table in ENUM_TABLES
        },
        currency=_parse_text(defaults, "currency", label),
        default_account=_parse_text(defaults, "account", label),
        dates=_parse_choice(formats, "dates", DATE_ORDERS, label),
        decimal=_parse_choice(formats, "decimal", DECIMAL_MARKS, label),
        keep_other_columns=bool(data.get("keep_other_columns", False)),
    )


def best_preset(header: Sequence[str]) -> ImportMap | None:
    """Return the preset that fits a header and reads most of its columns; None if none fits."""
    maps = [one for one in map(load_preset, PRESETS) if one.matches(header)]
    return max(maps, key=lambda one: len(one.match_header(header)), default=None)


def propose_map(header: Sequence[str]) -> str:
    """Return a map as TOML that is guessed from a header, for the user to complete."""
    guessed: dict[str, str] = {}
    for name in PRESETS:
        for target, column in load_preset(name).match_header(header).items():
            if column not in guessed.values():
                guessed.setdefault(target, column)
    others = [name for name in header if name not in guessed.values()]
    lines = [
        "# Guessed from the header. Check each line, save the map as a file, and give the file with --map.",
        'external_system = "crm"',
        "",
        "[columns]",
    ]
    lines += [
        f"{field} = [{_quote(guessed[field])}]" if field in guessed else f"# {field} = []"
        for field in TARGET_FIELDS
    ]
    lines += ["", f"# Not used: {', '.join(others)}" if others else "# Every column is used."]
    lines += ["# keep_other_columns = true  # above [columns]: imports them as attributes", "", "[states]"]
    lines += ['# "Their stage" = "QUALIFIED"', "", "[format]", '# dates = "dmy"', '# decimal = "comma"', ""]
    return "\n".join(lines)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parse_table(data: Mapping[str, Any], name: str, label: str) -> Mapping[str, Any]:
    found = data.get(name, {})
    if not isinstance(found, Mapping):
        raise InvalidMapError(f"`{name}` of {label} is not a table. Write [{name}] and its lines below it.")
    return found


def _parse_columns(table: Mapping[str, Any], label: str) -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {}
    for target, value in table.items():
        names = [value] if isinstance(value, str) else value
        attribute = target.startswith("attributes.") and len(target) > len("attributes.")
        if target not in TARGET_FIELDS and not attribute:
            raise InvalidMapError(
                f"[columns] of {label} has the unknown field `{target}`. "
                f"It may have {', '.join(TARGET_FIELDS)}, or attributes.<name>."
            )
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidMapError(
                f"`{target}` of {label} is not a column. Give the name of a column, or a list of names."
            )
        columns[target] = tuple(names)
    return columns


def _parse_translations(table: Mapping[str, Any], name: str, label: str) -> dict[str, str]:
    for word, value in table.items():
        if value not in list(ENUM_TABLES[name]):
            raise InvalidMapError(
                f"[{name}] of {label} has {value!r} for {word!r}. Give one of {', '.join(ENUM_TABLES[name])}."
            )
    return dict(table)


def _parse_text(table: Mapping[str, Any], name: str, label: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidMapError(f"`{name}` of {label} is {value!r}. Give a text in quotes.")
    return value


def _parse_choice(table: Mapping[str, Any], name: str, choices: Sequence[str], label: str) -> str:
    value = table.get(name, "auto")
    if value not in choices:
        raise InvalidMapError(f"`{name}` of {label} is {value!r}. Give one of {', '.join(choices)}.")
    return str(value)
