"""Results of scripts as JUnit XML: what CI servers show. One test suite for each file."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from xops_watch.core.quantity import format_duration
from xops_watch.rulescript.compare import Failure
from xops_watch.rulescript.run import FileResult, ScriptResult


def junit_xml(results: Sequence[FileResult]) -> bytes:
    """Return the document, UTF-8 with its declaration."""
    root = ET.Element("testsuites", {"name": "xops-watch rules test", **_counts(results)})
    for result in results:
        named = {"name": _clean(result.file), **_counts([result])}
        suite = ET.SubElement(root, "testsuite", named)
        for one in result.results:
            _add_case(suite, result.file, one)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _counts(results: Sequence[FileResult]) -> dict[str, str]:
    # Scripts play in no time of their own: readers only ask that the attribute is there.
    return {
        "tests": str(sum(len(result.results) for result in results)),
        "failures": str(sum(result.failed for result in results)),
        "errors": "0",
        "skipped": "0",
        "time": "0",
    }


def _add_case(suite: ET.Element, file: str, one: ScriptResult) -> None:
    line = one.script.place.rsplit(":", 2)[-2]
    case = ET.SubElement(
        suite,
        "testcase",
        name=_clean(one.script.name),
        classname=_clean(one.script.rule or "rules"),
        file=_clean(file),
        line=line,
        time="0",
    )
    if one.failures:
        # Readers take one failure of a case.
        message = _clean(_in_a_line(one.failures[0]))
        failure = ET.SubElement(case, "failure", message=message, type="expectation")
        failure.text = _clean("\n".join(_in_full(each) for each in one.failures))


def _in_a_line(failure: Failure) -> str:
    at = format_duration(failure.at)
    return f"at {at} expected {failure.expected}, but it was {failure.actual}"


def _in_full(failure: Failure) -> str:
    evidence = f"\n    evidence: {failure.evidence}" if failure.evidence else ""
    return f"{failure.place}: {_in_a_line(failure)}{evidence}"


def _clean(text: str) -> str:
    """Replace what XML 1.0 has no way to write, and what would drive a terminal."""
    return "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
