"""Settings of what ages and what auditors look at: secrets, certificates, conformance packs."""

from pydantic import Field, field_validator

from xops_watch.settings.group import Group, Names, names

_CHARACTERS_MAX = 256


class Governance(Group):
    """Which secrets, certificates and conformance packs are watched; none unless they are named."""

    secrets: Names = Field(
        default=(),
        description="Glob patterns of the names of secrets in Secrets Manager whose age is watched,"
        " such as `xops/*`; what is in them is never read",
    )
    certificates: Names = Field(
        default=(),
        description="Glob patterns of the domain names of ACM certificates whose end is watched,"
        " such as `*.example.com`; `*` for every one, here and in us-east-1 (CloudFront)",
    )
    conformance_packs: Names = Field(
        default=(),
        description="Glob patterns of the names of AWS Config conformance packs whose score is"
        " read, such as `*CPS-234*,*CPG-234*`",
    )
    interval_seconds: float = Field(
        default=3600,
        ge=300,
        le=10_800,
        description="How often they are listed ($0.05 for 10,000 listings of secrets, else free)",
    )

    @field_validator("secrets", "certificates", "conformance_packs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return names(value)

    @field_validator("secrets", "certificates", "conformance_packs")
    @classmethod
    def _short(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        # A pattern that fits nothing becomes a label.
        if not all(len(one) <= _CHARACTERS_MAX and one.isprintable() for one in patterns):
            raise ValueError(f"a pattern is one line of at most {_CHARACTERS_MAX} characters")
        return patterns

    @property
    def asked_for(self) -> bool:
        """Tell whether these settings ask for a source."""
        return bool(self.secrets or self.certificates or self.conformance_packs)
