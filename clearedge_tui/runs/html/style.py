"""How the page looks: light and dark, on screens and on paper."""

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--ink:#1b1f24;--dim:#667085;--line:#e4e7ec;--head:#f7f8fa;
--good:#0a7f4f;--bad:#c0362c;--main:#1f5fd0;--other:#98a2b3;--warn:#8a5a00;--warnbg:#fff4d6}
@media(prefers-color-scheme:dark){:root{--bg:#0f1318;--ink:#e6e9ee;--dim:#98a2b3;--line:#252b33;
--head:#171c23;--good:#3ecf8e;--bad:#ff6b5e;--main:#6ea8ff;--other:#667085;--warn:#ffd479;--warnbg:#2b2413}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1040px;padding:28px 24px 60px;background:var(--bg);
color:var(--ink);font:15px/1.5 system-ui,sans-serif}h1{font-size:24px;margin:0}h2{font-size:16px;
margin:34px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}.dim{color:var(--dim)}
.stamps{display:flex;flex-wrap:wrap;gap:8px;margin:14px 0}.stamp{background:var(--warnbg);color:var(--warn);
padding:3px 10px;border-radius:4px;font-weight:600}.cards{display:grid;gap:10px;
grid-template-columns:repeat(auto-fit,minmax(140px,1fr));margin:18px 0}.card{background:var(--head);
border-radius:6px;padding:10px 14px}.card b{display:block;font-size:21px;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:13.5px}
th,td{padding:3px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}thead th{color:var(--dim);font-weight:500}
.good{color:var(--good);fill:var(--good)}.bad{color:var(--bad);fill:var(--bad)}.scroll{overflow-x:auto}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 36px}@media(max-width:760px){.two{grid-template-columns:1fr}}
svg{width:100%;height:auto;display:block}svg polyline{fill:none;stroke-width:1.6;stroke:var(--main)}
svg .hold{stroke:var(--other);stroke-width:1.2}svg .fall{stroke:var(--bad)}
svg polygon{fill:var(--main);opacity:.12}svg polygon.under{fill:var(--bad);opacity:.18}
svg .in,svg .out{fill:none;stroke-width:4;stroke-linecap:round;stroke:var(--good)}svg .out{stroke:var(--bad)}
svg .grid{stroke:var(--line);fill:none}svg .zero{stroke:var(--dim);fill:none}
svg .axis{fill:var(--dim);font-size:11px}pre{background:var(--head);padding:10px 14px;overflow-x:auto;
border-radius:6px;font-size:12.5px}ul{padding-left:20px}
@media print{body{max-width:none;padding:0}h2{break-after:avoid}svg,table{break-inside:avoid}}
"""
