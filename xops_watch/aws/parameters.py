"""Parameter Store: the parameters below a path, and who wrote their versions."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from xops_watch.aws.answers import Answer, Count, read_pages
from xops_watch.aws.failures import invalid_answer
from xops_watch.aws.paged import PagedClient as ParametersClient

GET_PARAMETERS = "ssm:GetParametersByPath"
GET_HISTORY = "ssm:GetParameterHistory"
_PAGE_SIZE = 10  # AWS allows no more
_VALUE_CHARACTERS_MAX = 65_536  # AWS takes 8 KB; what is encrypted is longer
_HISTORY_PAGE_SIZE = 50  # likewise
_HISTORY_PAGES_MAX = 20  # AWS keeps 100 versions, in pages that may be short
_EMPTY_PAGES_MAX = 20  # pages that hold nothing and name a next one

__all__ = [
    "GET_HISTORY",
    "GET_PARAMETERS",
    "Parameter",
    "ParametersClient",
    "Version",
    "read_history",
    "read_parameters",
]


class Parameter(Answer):
    """One parameter as it is now. A value of type SecureString is encrypted here."""

    name: Annotated[str, Field(alias="Name", pattern=r"^[\x21-\x7e]{1,2048}$")]
    type: str = Field(alias="Type")
    value: str = Field(alias="Value", max_length=_VALUE_CHARACTERS_MAX)
    version: Count = Field(alias="Version")


class Version(Answer):
    """One version of a parameter, and the ARN of who wrote it."""

    value: str = Field(alias="Value", max_length=_VALUE_CHARACTERS_MAX)
    version: Count = Field(alias="Version")
    writer: str = Field(default="", alias="LastModifiedUser", max_length=2048)


class _Parameters(Answer):
    parameters: list[Parameter] = Field(alias="Parameters")


class _Versions(Answer):
    versions: list[Version] = Field(alias="Parameters")


def read_parameters(client: ParametersClient, path: str, *, most: int) -> Sequence[Parameter]:
    """Return the parameters directly below `path`; raises SourceError, for more than `most` too.

    AWS does not tell a path that is empty from one that was never written.
    """
    pages = client.get_paginator("get_parameters_by_path").paginate(
        Path=path.rstrip("/") or "/",
        Recursive=False,
        WithDecryption=False,
        PaginationConfig={"PageSize": _PAGE_SIZE},
    )
    pages_max = most // _PAGE_SIZE + _EMPTY_PAGES_MAX
    read = read_pages(pages, _Parameters, action=GET_PARAMETERS, pages_max=pages_max)
    found = {one.name: one for page in read for one in page.parameters}
    if len(found) > most:
        raise invalid_answer(GET_PARAMETERS, f"more than {most} parameters are below {path:.100}")
    return list(found.values())


def read_history(client: ParametersClient, name: str) -> Sequence[Version]:
    """Return every version that AWS keeps; raises SourceError."""
    pages = client.get_paginator("get_parameter_history").paginate(
        Name=name,
        WithDecryption=False,
        PaginationConfig={"PageSize": _HISTORY_PAGE_SIZE},
    )
    read = read_pages(pages, _Versions, action=GET_HISTORY, pages_max=_HISTORY_PAGES_MAX)
    return [version for page in read for version in page.versions]
