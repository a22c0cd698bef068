"""Which column of a foreign file means what: maps as TOML, those that ship with the product, and one proposed from a header."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any

from workflow.rules.enums import LossReason, OpportunityState, OpportunityType, WinReason

PRESETS = ("pursuit", "salesforce", "hubspot", "pipedrive")
COLUMNS = (
    "externalId", "name", "accountName", "ownerEmail", "ownerName", "stage", "status", "amount", "currency", "createdAt", "stateSince",
    "expectedCloseDate", "closeDate", "closedOn", "type", "source", "winReason", "lossReason", "disqualifyReason", "contactName",
    "contactEmail", "contactTitle", "contactRole",
)  # fmt: skip
"""What a column may mean; `closeDate` is the expected date of an open deal and the day a closed one was closed."""
NEEDED = ("externalId", "name")
"""What a file must have a column for."""
WORDS: Mapping[str, type[StrEnum]] = {
    "states": OpportunityState,
    "statuses": OpportunityState,
    "types": OpportunityType,
    "win_reasons": WinReason,
    "loss_reasons": LossReason,
}
"""The tables that say which of their words means which of ours."""
DATES = ("auto", "ymd", "dmy", "mdy")
DECIMALS = ("auto", "point", "comma")


class UnusableMap(Exception):
    """A map cannot be read, or says what cannot be; told in a sentence."""


@dataclass(frozen=True)
class ImportMap:
    """How a file is understood; columns and words are compared whatever their case and signs."""

    external_system: str
    columns: Mapping[str, Sequence[str]]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str | None = None
    account: str | None = None
    dates: str = "auto"
    decimal: str = "auto"
    keep_other_columns: bool = False

    def found(self, header: Sequence[str]) -> dict[str, str]:
        """The column of the file that gives each of ours, of those it has."""
        known = {folded(name): name for name in reversed(header)}
        matches = {
            ours: [known[folded(name)] for name in theirs if folded(name) in known]
            for ours, theirs in self.columns.items()
        }
        return {ours: names[0] for ours, names in matches.items() if names}

    def all_of(self, header: Sequence[str], ours: str) -> list[str]:
        """Every column of the file that may give one of ours: the first with a value does."""
        known = {folded(name): name for name in reversed(header)}
        return [known[folded(name)] for name in self.columns.get(ours, ()) if folded(name) in known]

    def fits(self, header: Sequence[str]) -> bool:
        """Whether the file has what a file must have."""
        return all(ours in self.found(header) for ours in (*NEEDED, "stage"))

    def meaning(self, table: str, word: str) -> str | None:
        """Our word for one of theirs: by the map, or where it is ours already."""
        listed = {folded(theirs): ours for theirs, ours in self.words.get(table, {}).items()}
        ours = {folded(one): one.value for one in WORDS[table]}
        return listed.get(folded(word)) or ours.get(folded(word))


def folded(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[\W_]+", "", text.casefold())


def preset(name: str) -> ImportMap:
    """A map that ships with the product."""
    return read_map(
        (files("api.files") / "import_maps" / f"{name}.toml").read_text(encoding="utf-8"), f"The preset {name}"
    )


def read_map(text: str, named: str) -> ImportMap:
    """A map from its TOML text; UnusableMap tells its first fault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise UnusableMap(f"{named} is no TOML: {problem}.") from problem
    known = {"external_system", "columns", "defaults", "format", "keep_other_columns", *WORDS}
    if strange := sorted(data.keys() - known):
        raise UnusableMap(f"{named} has `{strange[0]}`, which means nothing. It may have {', '.join(sorted(known))}.")
    columns = _columns(_table(data, "columns", named), named)
    system = data.get("external_system")
    if not isinstance(system, str) or not system.strip():
        raise UnusableMap(f"{named} has no `external_system`. Give it the name of the system that the file comes from.")
    defaults, formats = _table(data, "defaults", named), _table(data, "format", named)
    return ImportMap(
        external_system=system.strip(),
        columns=columns,
        words={table: _words(_table(data, table, named), table, named) for table in WORDS},
        currency=_text(defaults, "currency", named),
        account=_text(defaults, "account", named),
        dates=_choice(formats, "dates", DATES, named),
        decimal=_choice(formats, "decimal", DECIMALS, named),
        keep_other_columns=bool(data.get("keep_other_columns", False)),
    )


def fitting(header: Sequence[str]) -> ImportMap | None:
    """The map that ships with the product and fits a header, the one with the most columns of it."""
    maps = [one for one in map(preset, PRESETS) if one.fits(header)]
    return max(maps, key=lambda one: len(one.found(header)), default=None)


def proposed(header: Sequence[str]) -> str:
    """A map as TOML, guessed from the names of a header: to be looked at, changed and given with --map."""
    guessed: dict[str, str] = {}
    for name in PRESETS:
        for ours, theirs in preset(name).found(header).items():
            if theirs not in guessed.values():
                guessed.setdefault(ours, theirs)
    others = [name for name in header if name not in guessed.values()]
    lines = [
        "# Guessed from the header. Look at each line, save it as a file, and give that with --map.",
        'external_system = "crm"',
        "",
        "[columns]",
    ]
    lines += [f"{ours} = [{_quoted(guessed[ours])}]" if ours in guessed else f"# {ours} = []" for ours in COLUMNS]
    lines += ["", f"# Not used: {', '.join(others)}" if others else "# Every column is used."]
    lines += ["# keep_other_columns = true  # above [columns]: keeps them as attributes", "", "[states]"]
    lines += ['# "Their stage" = "QUALIFIED"', "", "[format]", '# dates = "dmy"', '# decimal = "comma"', ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _table(data: Mapping[str, Any], name: str, named: str) -> Mapping[str, Any]:
    found = data.get(name, {})
    if not isinstance(found, Mapping):
        raise UnusableMap(f"`{name}` of {named} is a table: write [{name}] and its lines below.")
    return found


def _columns(table: Mapping[str, Any], named: str) -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {}
    for ours, theirs in table.items():
        names = [theirs] if isinstance(theirs, str) else theirs
        attribute = ours.startswith("attributes.") and len(ours) > len("attributes.")
        if ours not in COLUMNS and not attribute:
            raise UnusableMap(
                f"[columns] of {named} has `{ours}`; it may have {', '.join(COLUMNS)}, or attributes.<name>."
            )
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UnusableMap(f"`{ours}` of {named} is the name of a column, or a list of names.")
        columns[ours] = tuple(names)
    return columns


def _words(table: Mapping[str, Any], name: str, named: str) -> dict[str, str]:
    for theirs, ours in table.items():
        if ours not in list(WORDS[name]):
            raise UnusableMap(f"[{name}] of {named}: {theirs!r} means {ours!r}; it may mean {', '.join(WORDS[name])}.")
    return dict(table)


def _text(table: Mapping[str, Any], name: str, named: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise UnusableMap(f"`{name}` of {named} is a text.")
    return value


def _choice(table: Mapping[str, Any], name: str, choices: Sequence[str], named: str) -> str:
    value = table.get(name, "auto")
    if value not in choices:
        raise UnusableMap(f"`{name}` of {named} is {', '.join(choices)}.")
    return str(value)
