/** What stands in a form's fields goes back as it was: a browser sends it, and it is compared, looked for, or recorded. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Link } from '../../core/model.ts';
import { batchPage } from '../../pages/batch.ts';
import { arrivedPage } from '../../pages/files.ts';
import { codePage, signInPage } from '../../pages/sign-in.ts';
import { approvalPage } from '../../pages/task.ts';
import * as given from '../core/builders.ts';
import { waitingApproval } from '../core/story.ts';

/** Letters of two scripts in a word, a hidden character, and all that markup is made of. */
const words = 'ΔT 10μm soft\u00adhyphen <b>"\'&amp; \u202eх раураl.com';

const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };
const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|(lt|gt|quot|amp));/g, (_, code, name) =>
    code ? String.fromCodePoint(Number(code)) : (named[name] ?? ''),
  );

/** What a browser would send: values and texts of a page's fields, by name. */
function sent(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input\b[^>]*>/g)].map(([tag]) => [
    /\bname="([^"]*)"/.exec(tag)?.[1] ?? '',
    unescaped(/\bvalue="([^"]*)"/.exec(tag)?.[1] ?? ''),
  ]);
  const texts = [...page.matchAll(/<textarea\b[^>]*name="([^"]*)"[^>]*>([^<]*)<\/textarea>/g)].map(([, name, text]) => [
    name,
    unescaped(text ?? ''),
  ]);
  return Object.fromEntries([...inputs, ...texts]);
}

const person = given.directory.find('ada');
if (!person) throw new TypeError('Ada is known');
const session = { person, personId: 'ada', via: 'signed in', createdAt: given.start, expiresAt: given.start };
const entered = { outcome: 'failed', comment: words, field: 'comment', message: 'no', texts: () => [words] };

async function asked(task_type = 'manual_action') {
  const { told } = await waitingApproval({ humanTask: { title: 'Unlock', task_type } });
  const state = await told.seen();
  if (!state.task) throw new TypeError('somebody is asked');
  return { ...state, task: state.task };
}

describe('a field gives back exactly what was entered', () => {
  it('on a task’s page: comment, evidence, note', async () => {
    const state = await asked();
    const handOver = { candidates: [person], entered: { to: 'ada', note: words, field: 'to', message: 'no' } };
    const page = approvalPage(state, { personId: 'ada', mail: 'x' } as Link, { entered, handOver, works: {} });
    expect(sent(page)).toMatchObject({ comment: words, evidence_text: words, evidence_url: words, note: words });
  });

  it('on the page of a file: the key that S3 has it under', async () => {
    const file = { name: words, bytes: 1, sha256: 'a'.repeat(64) };
    const page = arrivedPage((await asked()).task, file, `uploads/${words}`, { self: '/files/x', back: '/a/x' });
    expect(sent(page)).toMatchObject({ key: `uploads/${words}` });
  });

  it('in a batch, and where somebody signs in', async () => {
    const state = await asked('approval');
    const one = { path: `acme/shop/${state.task.taskId}`, state, fits: true };
    const refused = { outcome: 'approved', reason: '', comment: words, field: 'comment', message: 'no' };
    expect(sent(batchPage(session, [one], [], refused))).not.toHaveProperty('comment');
    const outcomes = [{ name: 'approved', for: true, comment: 'optional', label: 'Approve', reasons: {} }] as const;
    expect(sent(batchPage(session, [one], outcomes, refused))).toMatchObject({ comment: words });
    expect(sent(signInPage({ mail: words, issuer: '' })).mail).toBe(words);
    expect(sent(codePage({ mail: words, signIn: 'x' })).mail).toBe(words);
  });
});

/** Of every page there is or will be. */
describe.each(readdirSync('pages').filter((name) => name.endsWith('.ts')))('%s', (name) => {
  const source = readFileSync(join('pages', name), 'utf8');

  it('writes no value and no text of a field but exactly', () => {
    const values = [...source.matchAll(/\bvalue="\$\{(.{0,9})/g)].map(([, begins]) => begins);
    const texts = [...source.matchAll(/.{30}<\/textarea>/g)].map(([text]) => text);
    expect(values.filter((begins) => !begins?.startsWith('exactly('))).toEqual([]);
    expect(texts.filter((text) => !/\)\}<\/textarea>$/.test(text))).toEqual([]);
  });
});
