"""Small rulebooks and scripts, written as people write them."""

from pathlib import Path

from xops_watch.core.rule import Rule, Rulebook
from xops_watch.located_yaml import parse_yaml
from xops_watch.rulebook import load
from xops_watch.rulescript.compare import Failure, failures
from xops_watch.rulescript.read import read_script
from xops_watch.rulescript.script import Script

BASE = """
evolutions:
- id: add-worker
  title: Add a worker
  component: Workers
  classification: Config Change
  classification_source: proposed
  phase: BC1
  how: A variable
  stage: now
  lead_time: 1d
  first_steps: [Look, Think, Act]
stages:
- id: now
  title: Now
  users: "<50"
  services: "2"
  monthly_cost: 180
  saas_ratio: 11
  row: A.cost.BC1
"""
RULE = """
- id: {name}
  title: A rule under test
  layers: [L5]
  phase: BC1
  severity: warning
  threshold_source: proposed
  evolution: add-worker
  {text}
"""
QUEUE = "when: {signal: crew.queue_depth, above: 6}"


def book(folder: Path, **rules: str) -> Rulebook:
    """Return a rulebook of these rules; each is given by what differs, line by line."""
    entries = [
        RULE.format(name=name.replace("_", "-"), text=text.strip().replace("\n", "\n  "))
        for name, text in rules.items()
    ]
    text = "rules:" + "".join(entries) + BASE
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return load([folder])


def only_rule(folder: Path, text: str) -> tuple[Rule, Rulebook]:
    """Return the rule `queue` and the rulebook that holds nothing else."""
    rulebook = book(folder, queue=text)
    return rulebook.rules[0], rulebook


def problems(text: str, rulebook: Rulebook) -> list[str]:
    """Return what is wrong with the text of a script file."""
    _, found = read_script(parse_yaml(text.encode(), file="x.test.yaml"), rulebook)
    return [str(problem) for problem in found]


def scripts(text: str, rulebook: Rulebook) -> tuple[Script, ...]:
    """Return the scripts of a text that has nothing wrong."""
    file, found = read_script(parse_yaml(text.encode(), file="x.test.yaml"), rulebook)
    assert [str(problem) for problem in found] == []
    return file.scripts


def script(body: str, rulebook: Rulebook) -> Script:
    """Return the script of these keys; it is named and about the rule `queue`."""
    text = "tests:\n- name: t\n  rule: queue\n  " + body.strip().replace("\n", "\n  ")
    (one,) = scripts(text, rulebook)
    return one


def played(body: str, rulebook: Rulebook) -> list[Failure]:
    """Return what a script finds wrong."""
    return list(failures(script(body, rulebook), rulebook))
