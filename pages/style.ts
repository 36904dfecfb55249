/** The page's style sheet; the page's policy allows exactly this text by its hash. Contrast: WCAG 2.2 AA, light and dark. */
export const style = `
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1b1f27;--soft:#545b68;--line:#d8dce3;--mark:#0b57d0;--onmark:#fff;--bad:#b3261e;--old:#6b5310;--new:#0a6640;--tint:#eef3fd}
@media(prefers-color-scheme:dark){:root{--bg:#14161a;--card:#1d2026;--ink:#eceef2;--soft:#a9b1bf;--line:#383e49;--mark:#a8c7fa;--onmark:#062e6f;--bad:#ffb4ab;--old:#e6c46a;--new:#7fd8ab;--tint:#222a38}}
*{box-sizing:border-box}
/* Room below what is focused: of a large field a browser only brings the first line into view. */
html{scroll-padding-bottom:7rem}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:42rem;margin:0 auto;padding:1.25rem min(1rem,4vw) 3rem}
.brand{color:var(--soft);font-size:.875rem;letter-spacing:.02em;margin:0 0 .75rem}
h1{font-size:1.625rem;line-height:1.2;margin:0 0 .5rem}
.lead{margin:0 0 .75rem}
.by{display:flex;flex-wrap:wrap;gap:.375rem 1rem;align-items:center;margin:0 0 1.25rem}
h1+section{margin-top:1rem}
.by strong{display:inline-block}
h2{font-size:1.0625rem;line-height:1.3;margin:0 0 .625rem}
section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem min(1.125rem,5vw);margin:0 0 .75rem;container-type:inline-size}
section>p:first-child{margin-top:0}
section>:last-child,form>:last-child{margin-bottom:0}
dl{margin:0 0 .5rem}
dl>div{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.1875rem 0}
dt{color:var(--soft);flex:0 0 7.75rem}
dd{margin:0;flex:1 1 9rem;min-width:0}
details dl{padding:.25rem 0}
details dd{margin:0 0 .375rem}
.said dd{border-left:3px solid var(--line);padding-left:.75rem}
.quote{white-space:pre-wrap;margin-top:0}
summary{cursor:pointer;padding:.5rem 0;min-height:44px;align-content:center}
table{border-collapse:collapse;width:100%}
th,td{text-align:right;padding:.5rem 0 .5rem .375rem;border-bottom:1px solid var(--line);vertical-align:top;font-variant-numeric:tabular-nums}
:is(th,td):first-child{text-align:left;padding-left:0;font-weight:400}
thead th{color:var(--soft);font-size:.875rem;font-weight:400;padding-top:0}
tbody th{width:28%}
@container(width<24rem){dt{flex-basis:6.25rem}}
/* So large a text on so small a page that amounts would break: one below the other. */
@container(width<16rem){
thead{position:absolute;clip-path:inset(50%)}
tbody tr{display:flex;flex-wrap:wrap;justify-content:space-between;border-bottom:1px solid var(--line);padding:.5rem 0}
tbody :is(th,td){border:0;padding:0;width:100%;text-align:left}
td::before{content:attr(data-when) " ";font-size:.875rem;color:var(--soft)}
}
.texts :is(th,td){text-align:left}
.same{color:var(--soft)}
.changed td:last-child{font-weight:700;color:var(--new)}
.risk{border:1px solid currentColor;border-radius:1rem;padding:0 .625rem;font-size:.8125rem;font-weight:600;color:var(--old)}
ul{margin:0;padding-left:1.125rem}
li{margin:0 0 .25rem}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,monospace}
li code{color:var(--soft)}
.note{color:var(--soft);font-size:.875rem;margin:.5rem 0 0}
fieldset{border:0;margin:0 0 1rem;padding:0}
.choice{display:flex;gap:min(.75rem,3vw);align-items:center;border:1px solid var(--line);border-radius:.5rem;padding:.75rem min(.75rem,3vw);margin:0 0 .5rem;cursor:pointer;min-height:44px}
.choice:has(:checked){border-color:var(--mark);background:var(--tint)}
.choice input{flex:none;width:1.25rem;height:1.25rem;margin:0;accent-color:var(--mark)}
label.field{display:block;font-weight:600}
.field+.note{margin:0 0 .375rem}
legend{font-weight:600;padding:0;margin:0 0 .375rem}
.group{border-left:3px solid var(--line);padding-left:.75rem}
:is(input[type=text],input[type=date],input[type=email],input[type=url],input[type=file],select){width:100%;min-height:44px;border:1px solid var(--soft);border-radius:.5rem;padding:.5rem .625rem;margin:0 0 1rem;font:inherit;color:inherit;background:var(--card)}
textarea{width:100%;min-height:6rem;margin:0 0 1rem;border:1px solid var(--soft);border-radius:.5rem;padding:.625rem;font:inherit;color:inherit;background:var(--card)}
[aria-invalid=true]{border:2px solid var(--bad)}
button{width:100%;margin-top:.5rem;min-height:48px;border:0;border-radius:.5rem;background:var(--mark);color:var(--onmark);font:inherit;font-weight:600;cursor:pointer}
summary,input,select,textarea,button{scroll-margin:1rem}
textarea{scroll-margin-top:7rem}
button.second{margin-top:0;background:none;color:var(--mark);border:1px solid var(--mark)}
.done{border-left:4px solid var(--new);color:var(--new);padding:.25rem .75rem;margin:0 0 .625rem;font-weight:600}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
.timeline{list-style:none;padding:0 0 0 .3125rem}
.timeline li{position:relative;border-left:2px solid var(--line);padding:0 0 1rem 1.125rem;margin:0}
.timeline li:last-child{border-color:transparent;padding-bottom:0}
.timeline li::before{content:"";position:absolute;left:-.4375rem;top:.375rem;width:.75rem;height:.75rem;border:2px solid var(--mark);border-radius:50%;background:var(--card)}
.timeline p{margin:0}
.timeline time{color:var(--soft);font-size:.875rem;margin-left:.25rem}
.timeline .quote{border-left:3px solid var(--line);padding-left:.75rem;margin:.25rem 0}
main>.note{margin:.75rem 0 0}
a{display:inline-block;color:var(--mark);padding:.25rem 0;text-underline-offset:.2em}
.error{border-left:4px solid var(--bad);color:var(--bad);padding:.25rem .75rem;margin:0 0 .625rem;font-weight:600}
.nav{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:center;margin:0 0 .75rem;font-size:.9375rem}
.nav a,.more a{display:inline-block;min-height:44px;align-content:center}
.nav [aria-current]{font-weight:600;text-decoration:none;color:inherit}
.nav>span{color:var(--soft);margin-left:auto}
.nav p{margin:0}
.nav button{width:auto;min-height:44px;padding:.25rem .75rem;font-size:.875rem}
a{color:var(--mark)}
.tasks{list-style:none;padding:0}
.tasks li{display:flex;gap:.75rem;align-items:flex-start;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:.875rem min(1rem,4vw);margin:0 0 .5rem}
.tasks h2{font-weight:600;margin:0}
.tasks div{flex:1;min-width:0}
.tasks h2 a{display:block;padding:.25rem 0}
.tasks :is(label,li>span){flex:none;display:grid;place-items:center;width:2.75rem;min-height:2.75rem;margin:-.5rem -.5rem -.5rem -.75rem;cursor:pointer}
.tasks input{width:1.25rem;height:1.25rem;margin:0;accent-color:var(--mark)}
.late{color:var(--bad);font-weight:600}
.filter form{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(12rem,100%),1fr));gap:0 .75rem;align-items:end}
.filter button,.filter .choice{margin:0 0 1rem}
:is(select,input[type=search],input[type=datetime-local],input[type=time]){width:100%;min-height:44px;border:1px solid var(--soft);border-radius:.5rem;padding:.5rem .625rem;margin:0 0 1rem;font:inherit;color:inherit;background:var(--card)}
.more button{width:auto;padding:.5rem 1rem}
`;
