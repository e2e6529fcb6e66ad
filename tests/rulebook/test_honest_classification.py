"""Which words make a step a migration, and which do not."""

from pathlib import Path

import pytest

from xops_watch.rulebook import check

BASE = (Path(__file__).parent / "bad" / "base.yaml").read_text(encoding="utf-8")


def classes_allowed(tmp_path: Path, *, title: str, component: str, how: str) -> set[str]:
    allowed = set()
    file = tmp_path / "steps.yaml"
    for name in (
        "Config Change",
        "Module Addition",
        "Service Addition",
        "Data Migration",
        "Architecture Change",
    ):
        text = BASE.replace("title: Sound step", f'title: "{title}"')
        text = text.replace("component: Compute", f"component: {component}")
        text = text.replace("how: Terraform variable", f'how: "{how}"')
        file.write_text(text.replace("classification: Config Change", f"classification: {name}"))
        problems = check([file])
        assert all("`classification`" in problem.message for problem in problems)
        allowed |= set() if problems else {name}
    return allowed


@pytest.mark.parametrize(
    ("title", "component", "how"),
    [
        ("Upgrade L4 to RDS", "Database", "Migration script + TF module"),
        ("Upgrade L4 from SQLite+EFS to RDS PostgreSQL", "Database", "Terraform module"),
        ("RDS PostgreSQL", "Database", "DATABASE_URL env var"),
        ("Aurora", "Database", "DATABASE_URL env var"),
        ("Amazon Aurora Serverless", "Database", "DATABASE_URL env var"),
        ("Replace SQLite", "Storage", "Point DATABASE_URL at PostgreSQL"),
        ("sqlite->postgres", "Storage", "DATABASE_URL env var"),
        ("Move the database onto Postgres", "L4", "env var"),
        ("Swap the database for Aurora Serverless", "Database", "Terraform variable"),
        ("Adopt Aurora", "Database", "Terraform module"),
    ],
)
def test_leaving_sqlite_is_a_data_migration(
    tmp_path: Path, title: str, component: str, how: str
) -> None:
    allowed = classes_allowed(tmp_path, title=title, component=component, how=how)
    assert allowed == {"Data Migration"}


@pytest.mark.parametrize(
    ("title", "how"),
    [
        ("Evaluate EKS migration", "Full migration plan"),
        ("ECS → EKS", "Terraform variable"),
        ("EKS with service mesh", "Terraform module"),
        ("New cluster", "Move ECS services to Kubernetes"),
    ],
)
def test_leaving_ecs_is_an_architecture_change(tmp_path: Path, title: str, how: str) -> None:
    allowed = classes_allowed(tmp_path, title=title, component="Compute", how=how)
    assert allowed == {"Architecture Change"}


@pytest.mark.parametrize(
    ("title", "component", "how"),
    [
        ("Scale L5+L6 to 6 replicas", "Compute", "Terraform variable"),
        ("Hold L6 at 1 replica until SQLite has become RDS", "Database", "Terraform variable"),
        ("Read replica for reports", "Reports", "RDS Terraform variable"),
        ("K3S edge nodes", "Edge/IoT", "K3S + edge Ansible"),
        ("Weeks of history", "Storage", "Terraform variable"),
    ],
)
def test_other_steps_may_be_what_they_say(
    tmp_path: Path, title: str, component: str, how: str
) -> None:
    assert len(classes_allowed(tmp_path, title=title, component=component, how=how)) == 5


def test_first_steps_may_warn_of_a_migration(tmp_path: Path) -> None:
    file = tmp_path / "steps.yaml"
    step = "[Check whether SQLite has moved to PostgreSQL, Think of EKS, Act]"
    file.write_text(BASE.replace("[Look, Think, Act]", step))
    assert check([file]) == ()
