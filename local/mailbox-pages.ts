/** The mailbox as pages: plain HTML, no script, everything that came by mail escaped or in a sandboxed frame. */
import type { Mail } from './mailbox.ts';

/** Headers of every mailbox page: no script, and nothing from elsewhere. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

const style = `
:root { color-scheme: light dark; --line: #d8dce3; --soft: #5b6472; --card: #fff; --ground: #f4f5f7; --ink: #16191f; --accent: #1f5fbf }
@media (prefers-color-scheme: dark) { :root { --line: #343a45; --soft: #a3adbd; --card: #1c2027; --ground: #12151a; --ink: #e8ebf0; --accent: #8ab4f8 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 52rem; margin: 0 auto; padding: 1.25rem min(1rem, 4vw) 3rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1rem; margin: 1.75rem 0 .5rem }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
li a:focus-visible { outline-offset: -3px }
.soft { color: var(--soft); margin: 0 0 1.5rem }
ul { list-style: none; margin: 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden }
li + li { border-top: 1px solid var(--line) }
li a { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem 1rem; padding: .8rem 1rem; color: inherit; text-decoration: none }
li a:hover, li a:focus-visible { background: color-mix(in srgb, var(--accent) 10%, transparent) }
li strong, li span { overflow-wrap: anywhere }
li span { flex: 1 0 100% }
li span, time { color: var(--soft); font-size: .9rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: 0 0 1.25rem }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
iframe { display: block; width: 100%; height: 36rem; border: 1px solid var(--line); border-radius: .6rem; background: #fff; color-scheme: light }
@media (max-width: 30rem) { iframe { height: 46rem } }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 0; font: .9rem/1.5 ui-monospace, monospace }
`;

/** The list, newest first. */
export function listPage(mails: readonly Mail[]): string {
  const rows = mails.toReversed().map(
    (mail) => `<li><a href="/mailbox/${mail.id}"><strong>${escapeHtml(mail.subject)}</strong>${time(mail)}
<span>to ${escapeHtml(mail.to.join(', '))}</span></a></li>`,
  );
  const list =
    rows.length > 0 ? `<ul>${rows.join('\n')}</ul>` : '<p>No mail yet. Submit an intent that needs a person.</p>';
  return page(
    'Mailbox',
    `<h1>Mailbox</h1>
<p class="soft">Every mail that Holdpoint sent on this machine, newest first. None of them left it.</p>
${list}`,
  );
}

/** One mail: its HTML part in a frame without scripts, and its text part. Links open in the whole window. */
export function mailPage(mail: Mail): string {
  // Long words wrap, as they do in mail programs on a phone.
  const html = `<base target="_top"><style>body{overflow-wrap:anywhere}td:first-child{overflow-wrap:normal}</style>${mail.html}`;
  // Without allow-scripts; a link still leads out of the frame, but only when a person clicks it.
  const frame = mail.html
    ? `<iframe title="HTML part" sandbox="allow-top-navigation-by-user-activation" srcdoc="${escapeHtml(html)}"></iframe>`
    : '<p class="soft">This mail has no HTML part.</p>';
  return page(
    mail.subject,
    `<p><a href="/mailbox">Mailbox</a></p>
<h1>${escapeHtml(mail.subject)}</h1>
<dl><dt>From</dt><dd>${escapeHtml(mail.from)}</dd><dt>To</dt><dd>${escapeHtml(mail.to.join(', '))}</dd><dt>Sent</dt><dd>${time(mail)}</dd></dl>
${frame}
<h2>Text part</h2>
<pre>${withLinks(mail.text)}</pre>`,
  );
}

export function missingPage(): string {
  return page('No such mail', '<h1>No such mail</h1><p><a href="/mailbox">Mailbox</a></p>');
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main>
${body}
</main></body></html>
`;
}

function time(mail: Mail): string {
  const at = new Date(mail.at);
  const shown = at.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
  return `<time datetime="${escapeHtml(mail.at)}">${escapeHtml(shown)}</time>`;
}

/** Escaped text in which web addresses are links, as a mail program shows plain text. */
function withLinks(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"')\]]*[^\s<>"')\].,;:!?])/)
    .map((part, i) => (i % 2 === 0 ? escapeHtml(part) : `<a href="${escapeHtml(part)}">${escapeHtml(part)}</a>`))
    .join('');
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": '#39' };
  return text.replaceAll(/[&<>"']/g, (character) => `&${names[character]};`);
}
