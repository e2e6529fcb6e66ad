"""Every lint: its code, what it finds, and why that matters."""

from xops_watch.rulelint.classes import documented_class, unhonest_class
from xops_watch.rulelint.decisions import against_decision, vain_departure
from xops_watch.rulelint.efficacy import no_effect, wrong_evidence
from xops_watch.rulelint.findings import Level, Lint
from xops_watch.rulelint.logic import (
    above_the_whole,
    always_suppressed,
    always_true,
    breaching_pages,
    critical_alone,
    never_clears,
    never_seen,
    never_true,
    vain_corroboration,
)
from xops_watch.rulelint.references import (
    no_runbook,
    no_test,
    row_twice,
    unused_evolution,
    unused_stage,
)
from xops_watch.rulelint.windows import (
    impossible_samples,
    missing_hysteresis,
    no_clear,
    short_hold,
    short_window,
)

LINTS: tuple[Lint, ...] = (
    Lint(
        code="unhonest-class",
        level=Level.ERROR,
        finds="words in the id, title or how of a step that demand a harder class than it has",
        why="A schema change, a migration script or downtime is a Data Migration; EKS, Kubernetes"
        " or another control plane is an Architecture Change; a new service or sidecar is a"
        " Service Addition; a new Terraform module or managed resource is a Module Addition. A"
        " row of the documents may give a lower class: then the class is `documented`.",
        look=unhonest_class,
    ),
    Lint(
        code="documented-class",
        level=Level.ERROR,
        finds="a class that is called documented without a row, or against the row",
        why="Whoever reads *documented* believes that somebody else decided it.",
        look=documented_class,
    ),
    Lint(
        code="no-effect",
        level=Level.ERROR,
        finds="a step that is known to change nothing of what its rules watch",
        why="PriceClass_200 has no edge in New Zealand or Australia. More replicas of Open WebUI"
        " on SQLite corrupt it: a guard belongs under `blocked_by`. More instances do not raise"
        " a quota of Bedrock or the account. The limits of Service Connect do not bind at 7"
        " services. What a document recommends all the same is told by `documented_action`.",
        look=no_effect,
    ),
    Lint(
        code="wrong-evidence",
        level=Level.ERROR,
        finds="a signal that cannot show what the rule or the step is about",
        why="OriginLatency of CloudFront is of every place together, so it is not latency from"
        " New Zealand. Application Signals has latency and errors, and no CPU of ECS.",
        look=wrong_evidence,
    ),
    Lint(
        code="missing-hysteresis",
        level=Level.ERROR,
        finds="a number that is compared reading by reading, or cleared at the threshold itself",
        why="A value near the threshold fires and ends again and again. A `clear` level at some"
        " distance, `for`, `datapoints` or a window keeps it quiet.",
        look=missing_hysteresis,
    ),
    Lint(
        code="no-clear",
        level=Level.WARNING,
        finds="a rule on a number that begins slowly and has no `clear`",
        why="The first value below the threshold ends the trigger, and the hold begins anew.",
        look=no_clear,
    ),
    Lint(
        code="short-hold",
        level=Level.ERROR,
        finds="`for`, `keep_firing_for` or the hold of `clear` below the period of the signal",
        why="No second reading comes within it: it looks like a precaution and is none.",
        look=short_hold,
    ),
    Lint(
        code="short-window",
        level=Level.ERROR,
        finds="a window below the publication delay of the signal, or below two periods",
        why="What is measured within it is not published yet, or is one reading alone.",
        look=short_window,
    ),
    Lint(
        code="impossible-samples",
        level=Level.ERROR,
        finds="`samples` that never fit into the window",
        why="The rule stays unknown for ever.",
        look=impossible_samples,
    ),
    Lint(
        code="never-true",
        level=Level.ERROR,
        finds="a condition that no values could make true",
        why="Above 80 % and below 60 % of the same signal under `all` is not a band.",
        look=never_true,
    ),
    Lint(
        code="always-true",
        level=Level.ERROR,
        finds="a condition that no values could make false",
        why="At least 0 is no threshold.",
        look=always_true,
    ),
    Lint(
        code="never-clears",
        level=Level.ERROR,
        finds="a `clear` that no values could make true",
        why="The trigger fires until somebody deletes the rule. Below 0 there is nothing.",
        look=never_clears,
    ),
    Lint(
        code="always-suppressed",
        level=Level.ERROR,
        finds="a `suppress_while` that is true whenever the rule is",
        why="Nothing new ever fires.",
        look=always_suppressed,
    ),
    Lint(
        code="never-seen",
        level=Level.ERROR,
        finds="a leaf that is asked about a subject which its signal does not have",
        why="The first leaf decides the subjects of a rule. Of a service there is no reading of a"
        " signal of the stack, and of all subjects together none of a single one: such a leaf"
        " stays unknown. `across: any` or `subject: NAME` reads it.",
        look=never_seen,
    ),
    Lint(
        code="above-the-whole",
        level=Level.ERROR,
        finds="a share compared with more than 100 %",
        why="An availability, an error ratio or a compliance score is never above 1. Utilisation"
        " and budgets may be.",
        look=above_the_whole,
    ),
    Lint(
        code="vain-corroboration",
        level=Level.ERROR,
        finds="a `corroborated_by` that does not raise the severity",
        why="Evidence that lowers the severity, or leaves it, is a mistake in one of the two.",
        look=vain_corroboration,
    ),
    Lint(
        code="critical-alone",
        level=Level.WARNING,
        finds="severity critical by a proposed threshold of a single signal",
        why="Whoever is woken should not find that our guess was the only reason.",
        look=critical_alone,
    ),
    Lint(
        code="breaching-pages",
        level=Level.WARNING,
        finds="`missing: breaching` in a rule that wakes somebody, without a reason",
        why="Every outage of the source is then an alarm of the rule.",
        look=breaching_pages,
    ),
    Lint(
        code="contradicts-decision",
        level=Level.ERROR,
        finds="words of a step that bring in, or take away, what was decided for good",
        why="What Doesn't Change has seven decisions. A step that leaves one names it under"
        " `departs_from`, and a document row asks for that step.",
        look=against_decision,
    ),
    Lint(
        code="vain-departure",
        level=Level.ERROR,
        finds="a departure from a permanent decision by a step that no document row asks for",
        why="A proposal of ours does not overrule what the documents call permanent.",
        look=vain_departure,
    ),
    Lint(
        code="row-twice",
        level=Level.WARNING,
        finds="a document row that is claimed twice, with different steps",
        why="One row, two messages, two answers.",
        look=row_twice,
    ),
    Lint(
        code="no-runbook",
        level=Level.WARNING,
        finds="a rule without `<id>.md` in the folder of runbooks",
        why="Somebody is woken and has nothing to read. Looked at where there is a folder of"
        " runbooks: `--runbooks`, or `docs/runbooks`.",
        look=no_runbook,
    ),
    Lint(
        code="no-test",
        level=Level.WARNING,
        finds="a rule that no `*.test.yaml` beside it names",
        why="Nobody has seen it fire.",
        look=no_test,
    ),
    Lint(
        code="unused-evolution",
        level=Level.WARNING,
        finds="a step that no rule recommends and no step requires",
        why="It is read, kept up to date, and never said.",
        look=unused_evolution,
    ),
    Lint(
        code="unused-stage",
        level=Level.WARNING,
        finds="a stage that no step leads to and no cost table has",
        why="It is read, kept up to date, and never shown.",
        look=unused_stage,
    ),
)
