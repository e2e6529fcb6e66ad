"""Where mandates are declared: a file that is reviewed like code, and Parameter Store."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from xops_watch.aws.parameters import Parameter, ParametersClient, read_history, read_parameters
from xops_watch.errors import GapReason, SourceError
from xops_watch.located_yaml import parse_yaml, quoted, read_yaml
from xops_watch.sources.mandates.declaration import (
    Declaration,
    Found,
    as_label,
    invalid,
    is_mandate,
    read_file,
    read_parameter,
)
from xops_watch.sources.mandates.form import MANDATES_MAX


class Place(Protocol):
    """Somewhere mandates are declared."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    def read(self) -> Mapping[str, Found]:
        """Return what is declared there, by mandate; raises SourceError if it cannot be read."""
        ...


class FilePlace:
    """A YAML file. One that is not there is not empty: it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    def read(self) -> Mapping[str, Found]:
        """Return what is declared in the file."""
        document = read_yaml(self._path)
        if document.problems and not document.sha256 and document.problems[0].position is None:
            raise SourceError(
                invalid(str(document.problems[0])).what,
                reason=GapReason.UNREACHABLE,
                hint="mend XOPS_WATCH_MANDATES__PATH, or write the file; `xops-watch mandate"
                " declare` makes one",
            )
        return read_file(document)


class ParameterPlace:
    """The parameters below a path of Parameter Store, one for each mandate.

    Who wrote a version is asked once for each version.
    """

    def __init__(self, client: ParametersClient, prefix: str) -> None:
        self.name = prefix
        self._client = client
        self._prefix = prefix
        self._written: dict[tuple[str, int], frozenset[str]] = {}

    def read(self) -> Mapping[str, Found]:
        """Return what is declared in the parameters."""
        parameters = read_parameters(self._client, self._prefix, most=MANDATES_MAX)
        found: dict[str, Found] = {}
        for parameter in parameters:
            mandate = parameter.name.rpartition("/")[2]
            if is_mandate(mandate):
                found[mandate] = self._found(mandate, parameter)
            else:
                why = f"the parameter {quoted(parameter.name)} ends with no id of a mandate"
                found[as_label(mandate)] = invalid(why)
        known = {(one.name, one.version) for one in parameters}
        self._written = {key: who for key, who in self._written.items() if key in known}
        return found

    def _found(self, mandate: str, parameter: Parameter) -> Found:
        place = f"{parameter.name}:{parameter.version}"
        if parameter.type != "String":
            why = "a mandate is no secret and no list: write it with --type String"
            return invalid(f"{place}: is a {parameter.type!r:.30} parameter; {why}")
        document = parse_yaml(parameter.value.encode("utf-8", "replace"), file=place)
        found = read_parameter(document, mandate, place=place, version=str(parameter.version))
        if not isinstance(found, Declaration):
            return found
        return dataclasses.replace(found, writers=self._writers(parameter))

    def _writers(self, parameter: Parameter) -> frozenset[str] | SourceError:
        key = parameter.name, parameter.version
        if key not in self._written:
            try:
                versions = read_history(self._client, parameter.name)
            except SourceError as error:
                return error
            self._written[key] = frozenset(
                one.writer
                for one in versions
                if one.value == parameter.value and one.writer.startswith("arn:")
            )
        return self._written[key]
