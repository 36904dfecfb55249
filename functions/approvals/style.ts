/** The page's style sheet; the page's policy allows exactly this text by its hash. Contrast: WCAG 2.2 AA, light and dark. */
export const style = `
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1b1f27;--soft:#545b68;--line:#d8dce3;--mark:#0b57d0;--onmark:#fff;--bad:#b3261e;--old:#6b5310;--new:#0a6640;--tint:#eef3fd}
@media(prefers-color-scheme:dark){:root{--bg:#14161a;--card:#1d2026;--ink:#eceef2;--soft:#a9b1bf;--line:#383e49;--mark:#a8c7fa;--onmark:#062e6f;--bad:#ffb4ab;--old:#e6c46a;--new:#7fd8ab;--tint:#222a38}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:42rem;margin:0 auto;padding:1.25rem 1rem 3rem}
.brand{color:var(--soft);font-size:.875rem;letter-spacing:.02em;margin:.25rem 0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:.8125rem;text-transform:uppercase;letter-spacing:.06em;color:var(--soft);margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.125rem;margin:0 0 1rem}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--soft)}dd{margin:0}
strong{unicode-bidi:isolate}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child>*{border-bottom:0}
th[scope=row]{font-weight:400;color:var(--soft)}
.num{font-variant-numeric:tabular-nums}
.changed{font-weight:600;color:var(--new)}
.risk{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .625rem;font-size:.8125rem;font-weight:600;color:var(--old)}
.quote{white-space:pre-wrap;margin:0}
ul{margin:0;padding-left:1.125rem}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,monospace}
.note{color:var(--soft);font-size:.875rem;margin:.5rem 0 0}
fieldset{border:0;margin:0 0 1rem;padding:0}
legend{padding:0;margin:0 0 .5rem;font-weight:600}
.choice{display:flex;gap:.75rem;align-items:center;border:1px solid var(--line);border-radius:.5rem;padding:.75rem;margin:0 0 .5rem;cursor:pointer;min-height:44px}
.choice:has(:checked){border-color:var(--mark);background:var(--tint)}
.choice input{width:1.25rem;height:1.25rem;margin:0;accent-color:var(--mark)}
label.field{display:block;font-weight:600;margin:0 0 .25rem}
textarea{width:100%;min-height:6rem;border:1px solid var(--soft);border-radius:.5rem;padding:.625rem;font:inherit;color:inherit;background:var(--card)}
button{width:100%;min-height:48px;border:0;border-radius:.5rem;background:var(--mark);color:var(--onmark);font:inherit;font-weight:600;cursor:pointer}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
.error{border-left:4px solid var(--bad);color:var(--bad);padding:.25rem .75rem;margin:0 0 1rem;font-weight:600}
`;
