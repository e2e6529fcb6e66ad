"""Small rule files for tests that are about something else."""

EVOLUTIONS = """
stages:
- id: bc1
  title: BC1
  users: "<50"
  services: "2"
  monthly_cost: 180
  saas_ratio: 11
  row: A.cost.BC1
evolutions:
- id: grow
  title: Grow
  component: Compute
  classification: Config Change
  classification_source: proposed
  phase: BC1
  how: A Terraform variable
  stage: bc1
  lead_time: 1d
  first_steps: [Look, Think, Act]
"""


def rule_yaml(name: str, *, above: str, more: str = "") -> str:
    """Return one entry of `rules`, with a clear level of 60 % held for 10 minutes."""
    return f"""
- id: {name}
  title: CPU is high
  rows: [A.trigger.2]
  quote: "ECS CPU >80% sustained"
  layers: [L5]
  phase: BC1
  severity: warning
  threshold_source: documented
  when: {{signal: ecs.cpu_utilization, above: {above}}}
  for: 5m
  clear: {{below: 4%, for: 10m}}
  evolution: grow
  {more}
"""
