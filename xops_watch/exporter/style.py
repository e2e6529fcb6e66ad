"""The status page's one style sheet: two colour schemes, tables that become cards on a phone."""

STYLE = """
:root {
  color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #59636e; --line: #d8dee4;
  --bad: #b42318; --bad-back: #fdecea; --warn: #8a5300; --warn-back: #fff4dc;
  --good: #1a7f37; --good-back: #e6f4ea; --blind: #5b3fa8; --blind-back: #efeafc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9aa4af; --line: #30363d;
    --bad: #ff8f85; --bad-back: #3d1714; --warn: #f0b849; --warn-back: #38270a;
    --good: #6bd487; --good-back: #10301a; --blind: #c0acff; --blind-back: #2a2147;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .35rem; }
h4 { font-size: .9rem; margin: .7rem 0 0; color: var(--soft); }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
.small { font-size: .85rem; }
.num { font-variant-numeric: tabular-nums; }
.card, table { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.card { padding: .8rem 1rem; margin: .6rem 0; }
.due { border-left: 4px solid var(--bad); }
.notes { padding-left: 1.6rem; }
.banner { background: var(--bad-back); color: var(--bad); border-color: var(--bad); }
.tags { display: flex; flex-wrap: wrap; gap: .35rem; margin: .35rem 0; }
ul { margin: .25rem 0 0; padding-left: 1.2rem; }
li { margin: .2rem 0; }
.tag {
  display: inline-block; padding: 0 .5em; border-radius: 1em; font-size: .82rem;
  border: 1px solid currentColor; color: var(--soft); white-space: nowrap;
}
.firing, .down, .denied, .unreachable, .HIGH { color: var(--bad); background: var(--bad-back); }
.pending, .stale, .throttled, .invalid, .MED {
  color: var(--warn); background: var(--warn-back);
}
.ok, .up, .LOW { color: var(--good); background: var(--good-back); }
.blind, .unknown { color: var(--blind); background: var(--blind-back); }
table { width: 100%; border-collapse: separate; border-spacing: 0; }
th, td { padding: .45rem .7rem; text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: .82rem; }
td { border-top: 1px solid var(--line); }
td .tag { margin-right: .3em; }
td[data-label] { min-width: 6rem; }
td[data-label="Subject"], td[data-label="Threshold"] { min-width: 11rem; }
footer { margin: 2rem 0 1rem; }
a { color: inherit; }
@media (max-width: 48rem) {
  body { padding: .75rem; }
  table, tbody, td { display: block; }
  thead { display: none; }
  table { background: none; border: 0; }
  tr {
    display: grid; grid-template-columns: 1fr 1fr; gap: .3rem .8rem; margin: .5rem 0;
    padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line);
    border-radius: 8px;
  }
  td, td[data-label] { border: 0; padding: 0; min-width: 0; }
  td[data-label]::before {
    content: attr(data-label); display: block; color: var(--soft); font-size: .75rem;
  }
  td[data-label="Status"], td[data-label="Subject"] { order: -2; }
  td[data-label="Rule"], td[data-label="Signal"] { grid-column: 1 / -1; order: -1; }
}
"""
