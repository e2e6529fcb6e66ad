"""What is observed of repositories, read from a small GitHub over real HTTP."""

import json
from datetime import timedelta

import pytest

from tests.contract.source_promises import assert_described, assert_promises_kept
from tests.fakes import MemoryStore
from tests.sources.github.scene import Heard, RealTime, source_of
from tests.sources.github.tiny_github import DAY, NOW, TOKEN, Repo, commit, pull, tiny_github
from tests.sources.github.told import gaps, reasons, values
from tests.web.loopback import answer
from xops_watch.core.reading import Gap, Reading
from xops_watch.errors import GapReason, StoreError
from xops_watch.sources.github.source import SIGNALS

SECOND = timedelta(seconds=1)


def test_a_repository() -> None:
    repo = Repo(
        1,
        pulls=[
            pull(1, by="alice"),
            pull(2, by="bob", at=NOW - 6 * DAY, files=("docs/a.md", "deep/down/main.tf")),
            pull(3, by="carol", files=("README.md",)),
            pull(4, by="dependabot", kind="Bot"),
            pull(5, by="alice", at=NOW - 7 * DAY),
            pull(6, by="dave", at=NOW - 27 * DAY),
            pull(7, by="erin", at=NOW - 28 * DAY),
        ],
        commits=[commit(login="Alice"), commit(email="frank@x.example"), commit(email="r@[bot]")],
        open={"PR_1": "CONFLICTING", "PR_2": "MERGEABLE"},
    )
    with tiny_github(infra=repo) as github:
        source = source_of(github.url)
        told = source.observe(now=NOW)
    assert values(told) == {
        "iac_prs_7d": 2,
        "iac_bot_prs_7d": 1,
        "engineers_28d": 5,
        "pr_conflicts_7d": 1,
        "pr_conflicts_new_7d": 1,
        "conflicts_watched_7d": 1 / 168,
    }
    assert reasons(told) == {
        "iac_runs_7d": GapReason.NOT_APPLICABLE,
        "api_remaining": GapReason.NOT_APPLICABLE,
        "api_budget_left": GapReason.NOT_APPLICABLE,
    }
    assert_described(source)
    assert_promises_kept(source, told, now=NOW)
    assert {o.signal for o in told} == set(SIGNALS)


def test_nobody_is_named_in_what_is_told_or_kept() -> None:
    repo = Repo(1, pulls=[pull(1, by="alice")], commits=[commit(email="bob@x.example")])
    repo.open = {"PR_1": "CONFLICTING"}
    memory = MemoryStore()
    with tiny_github(infra=repo) as github:
        told = source_of(github.url, memory=memory).observe(now=NOW)
    everything = f"{told}{memory.recall('github')}"
    for name in ("alice", "bob", TOKEN):
        assert name not in everything


def test_an_empty_repository_has_zeros() -> None:
    with tiny_github(infra=Repo(1, commits=None)) as github:
        told = values(source_of(github.url).observe(now=NOW))
    assert told["iac_prs_7d"] == 0
    assert told["engineers_28d"] == 0
    assert told["pr_conflicts_7d"] == 0


def test_many_pages_are_read_to_the_end_and_no_further_than_four_weeks() -> None:
    pulls = [pull(n, by=f"p{n}", at=NOW - n * DAY + SECOND, files=("a.tf",)) for n in range(1, 60)]
    with tiny_github(infra=Repo(1, pulls=pulls)) as github:
        github.page = 4
        told = values(source_of(github.url).observe(now=NOW))
        pages = [json.loads(one.body)["variables"] for one in github.asked("PullRequests")]
        (files,) = [json.loads(one.body)["variables"]["ids"] for one in github.asked("Files")]
    assert told["iac_prs_7d"] == 7
    assert told["engineers_28d"] == 28
    assert len(pages) == 8
    assert [page["open0"] for page in pages] == [True] + [False] * 7
    # Files are only asked for of this week.
    assert files == [f"PR_{n}" for n in range(1, 8)]


def test_a_file_behind_the_first_hundred_counts() -> None:
    files = (*(f"docs/{n}.md" for n in range(250)), "main.tf")
    with tiny_github(infra=Repo(1, pulls=[pull(1, files=files), pull(2, files=150)])) as github:
        told = values(source_of(github.url).observe(now=NOW))
        assert (len(github.asked("Files")), len(github.asked("MoreFiles"))) == (1, 3)
    assert told["iac_prs_7d"] == 1


def test_a_pull_request_with_more_files_than_github_lists_makes_the_count_unknown() -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1, files=3001)])) as github:
        told = source_of(github.url).observe(now=NOW)
    reason, detail = gaps(told)["iac_prs_7d"]
    assert reason is GapReason.INVALID
    assert detail == "GitHub does not list all files of 1 pull requests of the week"
    assert values(told)["engineers_28d"] == 1


def test_a_pull_request_whose_files_are_hidden_makes_the_count_unknown() -> None:
    hidden = {"data": {"nodes": [{"id": "PR_1", "files": None}]}}
    with tiny_github(infra=Repo(1, pulls=[pull(1, by=None)])) as github:
        github.faults["Files"] = answer(json.dumps(hidden))
        told = source_of(github.url).observe(now=NOW)
    assert reasons(told)["iac_prs_7d"] is GapReason.INVALID


@pytest.mark.parametrize(
    ("operation", "data"), [("Files", {"nodes": [None]}), ("MoreFiles", {"node": None})]
)
def test_a_pull_request_that_is_deleted_while_its_files_are_read_makes_it_unknown(
    operation: str, data: object
) -> None:
    gone = {"data": data, "errors": [{"type": "NOT_FOUND", "message": "no such node"}]}
    with tiny_github(infra=Repo(1, pulls=[pull(1, files=101)])) as github:
        github.faults[operation] = answer(json.dumps(gone))
        told = source_of(github.url).observe(now=NOW)
    assert reasons(told)["iac_prs_7d"] is GapReason.INVALID


def test_several_repositories_are_one_count_and_people_count_once() -> None:
    one = Repo(1, pulls=[pull(1), pull(2, by="bob")], commits=[commit(login="carol")])
    two = Repo(2, pulls=[pull(3), pull(4, by="dave")], commits=[commit(login="CAROL")])
    with tiny_github(infra=one, live=two) as github:
        source = source_of(github.url, "acme/infra", "acme/live", "acme/INFRA", "acme/infra")
        github.repos["acme/INFRA"] = one  # GitHub does not mind the case, and calls it by its name
        told = values(source.observe(now=NOW))
    assert told["iac_prs_7d"] == 4
    assert told["engineers_28d"] == 4


def test_unknown_is_asked_again_after_a_pause() -> None:
    repo = Repo(1, open={"PR_1": "UNKNOWN", "PR_2": "UNKNOWN", "PR_3": "MERGEABLE"})
    pauses: list[timedelta] = []
    with tiny_github(infra=repo) as github:
        github.settled = {"PR_1": "CONFLICTING", "PR_2": "MERGEABLE"}
        told = values(source_of(github.url, pause=pauses.append).observe(now=NOW))
        (asked,) = github.asked("Mergeable")
    assert json.loads(asked.body)["variables"] == {"ids": ["PR_1", "PR_2"]}
    assert pauses == [SECOND]
    assert told["pr_conflicts_7d"] == 1
    assert told["conflicts_watched_7d"] == 1 / 168


def test_unknown_that_stays_unknown_is_not_none() -> None:
    repo = Repo(1, open={"PR_1": "UNKNOWN"})
    pauses: list[timedelta] = []
    with tiny_github(infra=repo) as github:
        source = source_of(github.url, pause=pauses.append)
        told = source.observe(now=NOW)
        assert len(github.asked("Mergeable")) == 2
        reason, detail = gaps(told)["pr_conflicts_7d"]
        assert reason is GapReason.STALE
        assert detail == "GitHub has not yet computed of 1 pull requests whether they conflict"
        assert values(told)["conflicts_watched_7d"] == 0
        # What was seen before was seen: beside it, the unknown may only add.
        repo.open["PR_2"] = "CONFLICTING"
        told = source.observe(now=NOW + DAY)
    assert values(told)["pr_conflicts_7d"] == 1
    assert pauses == [SECOND, 2 * SECOND] * 2


def test_one_that_is_closed_while_it_is_asked_again_drops_out() -> None:
    repo = Repo(1, open={"PR_1": "UNKNOWN"})
    with tiny_github(infra=repo) as github:
        source = source_of(github.url, pause=lambda _: repo.open.clear())
        told = values(source.observe(now=NOW))
    assert told["pr_conflicts_7d"] == 0


def test_more_than_a_hundred_open_ones_are_all_looked_at() -> None:
    repo = Repo(1, open={f"PR_{n}": "MERGEABLE" for n in range(150)} | {"PR_x": "CONFLICTING"})
    with tiny_github(infra=repo) as github:
        told = values(source_of(github.url).observe(now=NOW))
    assert told["pr_conflicts_7d"] == 1


def test_conflicts_survive_the_merge_and_a_restart() -> None:
    repo, memory = Repo(1, open={"PR_1": "CONFLICTING"}), MemoryStore()
    with tiny_github(infra=repo) as github:
        source_of(github.url, memory=memory).observe(now=NOW)
        repo.open.clear()
        for days, counted in ((1, 1), (6, 1), (7, 0)):
            restarted = source_of(github.url, memory=memory)
            told = values(restarted.observe(now=NOW + days * DAY))
            assert told["pr_conflicts_7d"] == counted


def test_a_conflict_that_lasts_is_new_for_a_week() -> None:
    repo, memory = Repo(1, open={"PR_1": "CONFLICTING"}), MemoryStore()
    with tiny_github(infra=repo) as github:
        for days, new in ((0, 1), (5, 1), (7, 0), (12, 0)):
            told = values(source_of(github.url, memory=memory).observe(now=NOW + days * DAY))
            assert (told["pr_conflicts_7d"], told["pr_conflicts_new_7d"]) == (1, new)


def test_conflicts_of_a_repository_that_is_no_longer_watched_do_not_count() -> None:
    memory = MemoryStore()
    with tiny_github(infra=Repo(1), other=Repo(2, open={"PR_2": "CONFLICTING"})) as github:
        both = source_of(github.url, "acme/infra", "acme/other", memory=memory)
        assert values(both.observe(now=NOW))["pr_conflicts_7d"] == 1
        told = source_of(github.url, memory=memory).observe(now=NOW)
    assert values(told)["pr_conflicts_7d"] == 0


def test_a_memory_that_cannot_be_read_begins_anew_and_says_so_once() -> None:
    memory, heard = MemoryStore(), Heard()
    memory.keep("github", '{"pull_requests": 7')
    with tiny_github(infra=Repo(1, open={"PR_1": "CONFLICTING"})) as github:
        for _ in range(2):
            source = source_of(github.url, memory=memory, hears=heard)
            assert values(source.observe(now=NOW))["pr_conflicts_7d"] == 1
    assert heard.names == [()]


class BrokenMemory:
    """A store whose file is gone."""

    def recall(self, name: str) -> str | None:
        raise StoreError(f"the state file fails ({name})", hint="mend it")

    def keep(self, name: str, text: str) -> None:
        raise StoreError(f"{name} is not kept: {text}", hint="mend it")


def test_a_memory_that_fails_blinds_only_what_it_keeps() -> None:
    with tiny_github(infra=Repo(1, pulls=[pull(1)])) as github:
        told = source_of(github.url, memory=BrokenMemory()).observe(now=NOW)
    for signal in ("pr_conflicts_7d", "pr_conflicts_new_7d", "conflicts_watched_7d"):
        reason, detail = gaps(told)[signal]
        assert reason is GapReason.UNREACHABLE
        assert detail == "what was seen in conflict cannot be kept: the state file fails (github)"
    assert values(told)["iac_prs_7d"] == 1


def test_what_it_says_is_said_at_the_end_of_the_poll() -> None:
    time = RealTime()

    def slow(_: timedelta) -> None:
        time.seconds += 30

    with tiny_github(infra=Repo(1, open={"PR_1": "UNKNOWN"})) as github:
        told = source_of(github.url, time=time, pause=slow).observe(now=NOW)
    readings = [o for o in told if isinstance(o, Reading)]
    assert {(o.taken_at, o.seen_at) for o in readings} == {(NOW, NOW + 60 * SECOND)}


def test_a_stack_that_was_renamed_ends_what_was_said_of_its_old_name() -> None:
    seen = (("github.iac_prs_7d", "old"), ("github.iac_prs_7d", "xops"), ("ecs.cpu", "old"))
    with tiny_github(infra=Repo(1)) as github:
        source = source_of(github.url, seen=seen)
        first, second = source.observe(now=NOW), source.observe(now=NOW + DAY)
    gone = [o for o in first if isinstance(o, Gap) and o.reason is GapReason.GONE]
    assert [(o.signal, o.subject) for o in gone] == [("github.iac_prs_7d", "old")]
    assert not [o for o in second if isinstance(o, Gap) and o.reason is GapReason.GONE]
