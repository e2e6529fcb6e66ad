from datetime import timedelta
from xml.etree import ElementTree as ET

from xops_watch.cli.junit import junit_xml
from xops_watch.rulescript.compare import Failure
from xops_watch.rulescript.run import FileResult, ScriptResult
from xops_watch.rulescript.script import Script

MINUTE = timedelta(minutes=1)


def test_control_characters_cannot_break_the_document() -> None:
    script = Script(
        name="bell \x07 null \x00 escape \x1b[31m half \ud800",
        place="x.test.yaml:2:9",
        rule=None,
        interval=MINUTE,
        every=MINUTE,
        lines=(),
    )
    failure = Failure(
        place="x.test.yaml:3:5",
        script=script.name,
        at=MINUTE,
        expected="\x08",
        actual="\x0b",
        evidence="\ufffe",
    )
    result = FileResult(
        file="x.test.yaml", results=(ScriptResult(script=script, failures=(failure,)),)
    )
    case = ET.fromstring(junit_xml([result]))[0][0]  # noqa: S314 - made a line above
    assert case.get("name") == "bell � null � escape �[31m half �"
    assert case.get("classname") == "rules"
    assert case[0].text == ("x.test.yaml:3:5: at 1m expected �, but it was �\n    evidence: �")
