"""Patterns for paths and for accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.settings.github import Github
from xops_watch.sources.github import account_matcher, path_matcher


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("**/*.tf", "main.tf", True),
        ("**/*.tf", "a/b/main.tf", True),
        ("**/*.tf", "a/.tf", True),
        ("**/*.tf", "main.tfvars", False),
        ("**/*.tf", "main.TF", False),
        ("*.tf", "a/main.tf", False),
        ("terraform/**", "terraform/a/b", True),
        ("terraform/**", "my/terraform/a", False),
        ("/terraform/*", "terraform/a", True),
        ("terraform/*", "terraform/a/b", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "axb", False),
        ("**/**/x", "x", True),
        ("v?/x", "v1/x", True),
        ("v?/x", "v//x", False),
        ("**/[a].tf", "[a].tf", True),
        ("**/[a].tf", "a.tf", False),
        ("**/*.tf", "new\nline/main.tf", True),
    ],
)
def test_paths(pattern: str, path: str, *, fits: bool) -> None:
    assert path_matcher((pattern,))(path) is fits


@pytest.mark.parametrize(
    "path",
    [
        "main.tf",
        "modules/vpc/main.tf",
        ".terraform.lock.hcl",
        "live/terragrunt.hcl",
        "env/prod.tfvars",
        "test/vpc.tftest.hcl",
        "main.tf.json",
        "atlantis.yaml",
        "cdk.json",
        "azure/main.bicep",
        "charts/web/templates/a.yaml",
        "helm/values.yaml",
    ],
)
def test_what_counts_as_infrastructure_by_default(path: str) -> None:
    assert path_matcher(Github().iac_globs)(path)


@pytest.mark.parametrize("path", ["README.md", "src/tf.py", "docs/terraform.md", "helmet/a.js"])
def test_what_does_not(path: str) -> None:
    assert not path_matcher(Github().iac_globs)(path)


@pytest.mark.parametrize(
    ("who", "is_bot"),
    [
        ("dependabot[bot]", True),
        ("Renovate[bot]", True),
        ("renovate", True),
        ("snyk-bot", True),
        ("noreply@github.com", True),
        ("bo", False),
        ("b", False),
        ("robot", False),
        ("alice", False),
    ],
)
def test_who_is_a_bot_by_default(who: str, *, is_bot: bool) -> None:
    assert account_matcher(Github().bots)(who) is is_bot


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_pattern_and_no_path_raises(pattern: str, path: str) -> None:
    assert path_matcher((pattern,))(path) in (True, False)
    assert account_matcher((pattern,))(path) in (True, False)


@given(st.text(alphabet="ab/.", max_size=30))
def test_two_stars_fit_everything(path: str) -> None:
    assert path_matcher(("**",))(path)


@given(st.text(alphabet="ab/.[]+", min_size=1, max_size=30))
def test_a_path_without_wildcards_fits_itself(path: str) -> None:
    assert path_matcher((f"/{path}",))(path)
