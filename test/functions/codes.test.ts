/** One-time codes over the table in memory: made, mailed, tried, used up. */

import { describe, expect, it } from 'vitest';
import { openCodes } from '../../adapters/codes.ts';
import { askSeconds, codeSeconds, digitsOf, maxAsks, maxWrong, repeatSeconds } from '../../core/code.ts';
import { Directory } from '../../core/directory.ts';
import { sha256 } from '../../core/hash.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { mailCode } from '../../functions/mail/code.ts';
import { contextAt, directory, idsInOrder, later, start } from '../core/builders.ts';
import { memoryClient } from './memory-client.ts';

const purpose = `link#${sha256('link')}` as const;
const asked = { purpose, personId: 'ada', about: 'plan 0123456789ab' };

/** The house from a code's request to its mail. */
function house(people: Directory = directory) {
  const { client, rows } = memoryClient();
  const codes = openCodes(client, 'people');
  const newId = idsInOrder();
  let now = start;
  const context = () => contextAt(now, newId);
  const mails: { to: string; message: ReturnType<typeof mailOf> }[] = [];
  const deliver = mailCode({
    codes,
    context,
    people: async () => people,
    secretOf: async (id) => Buffer.from(sha256(`mac of ${id}`), 'hex').toString('base64url'),
    send: async (to, message) => mails.push({ to: to.mail, message: mailOf(message) }),
  });
  const digits = () => /^Your code: (\d{8})$/m.exec(mails.at(-1)?.message.text ?? '')?.[1] ?? '';
  return {
    rows,
    codes,
    mails,
    digits,
    pass: (seconds: number) => {
      now = later(now, seconds);
    },
    ask: (over: object = {}) => codes.ask({ ...asked, ...over }, 'link#ada', context()),
    deliver: ({ codeId }: { codeId: string }) => deliver({ v: 1, kind: 'code', purpose, codeId, traceId: 't' }),
    async mailed() {
      await this.deliver(await this.ask());
      return digits();
    },
    use: (entered: string, sent = 'approve', personId = 'ada') =>
      codes.use(purpose, { digits: entered, personId, with: sent }, now),
  };
}

const refused = (message: RegExp) =>
  expect.objectContaining({
    name: 'InvalidInput',
    details: { field: 'code' },
    message: expect.stringMatching(message),
  });
const wrong = (digits: string) => (digits === '00000000' ? '00000001' : '00000000');

describe('a code’s mail', () => {
  it('holds eight digits and what they are for, and no link', async () => {
    const told = house();
    const digits = await told.mailed();
    expect(digits).toMatch(/^\d{8}$/);
    const { to, message } = told.mails[0] ?? { to: '', message: { subject: '', text: '', html: '' } };
    expect(to).toBe('ada@example.com');
    expect(message.text).toContain('plan 0123456789ab');
    expect(message.html).toContain(digits);
    expect(message.subject).not.toContain(digits);
    expect(message.text + message.html).not.toMatch(/https?:|href|\/a\//);
  });

  it('says until when in its reader’s own zone', async () => {
    const people = directory.everybody.map((one) => ({ ...one, timeZone: 'Europe/Berlin' }));
    const told = house(new Directory(people));
    await told.mailed();
    expect(told.mails[0]?.message.text).toMatch(/^Good until: Fri, 20 Nov 2026, 10:\d\d CET, once$/m);
  });

  it('comes with the same digits again where its message comes again; these stand nowhere', async () => {
    const told = house();
    const code = await told.ask();
    await told.deliver(code);
    const first = told.digits();
    await told.deliver(code);
    expect(told.mails).toHaveLength(2);
    expect(told.digits()).toBe(first);
    expect(JSON.stringify([...told.rows])).not.toContain(first);
    await expect(told.use(first)).resolves.toMatchObject({ mail: 'ada@example.com' });
  });

  it('is not sent once a newer code was asked for, the time is over, or it was used', async () => {
    const told = house();
    const first = await told.ask();
    const second = await told.ask();
    await told.deliver(first);
    expect(told.mails).toEqual([]);
    await told.deliver(second);
    await told.use(told.digits());
    await told.deliver(second);
    const third = await told.ask();
    told.pass(codeSeconds);
    await told.deliver(third);
    expect(told.mails).toHaveLength(1);
  });

  it('is not sent to anybody whom the directory does not know', async () => {
    const gone = house(new Directory([]));
    await gone.deliver(await gone.ask());
    const unknown = house();
    await unknown.deliver(await unknown.ask({ personId: undefined }));
    expect([...gone.mails, ...unknown.mails]).toEqual([]);
  });

  it('has digits that fill eight places', () => {
    expect(digitsOf(Buffer.alloc(8))).toBe('00000000');
    expect(digitsOf(Buffer.alloc(8, 0xff))).toBe(String(2n ** 64n - 1n).slice(-8));
  });
});

describe('a code', () => {
  it('is taken as people type it, once', async () => {
    const told = house();
    const digits = await told.mailed();
    await expect(told.use(` ${digits.slice(0, 4)}-${digits.slice(4)} `)).resolves.toMatchObject({ personId: 'ada' });
    await expect(told.use(digits, 'reject')).rejects.toThrow(refused(/was used/));
  });

  it('is taken again for the same form within two minutes: its answer may have been lost', async () => {
    const told = house();
    const digits = await told.mailed();
    await told.use(digits);
    told.pass(repeatSeconds - 0.001);
    await expect(told.use(digits)).resolves.toMatchObject({ mail: 'ada@example.com' });
    told.pass(0.001);
    await expect(told.use(digits)).rejects.toThrow(refused(/was used/));
  });

  it('is over after ten minutes', async () => {
    const told = house();
    const digits = await told.mailed();
    told.pass(codeSeconds);
    await expect(told.use(digits)).rejects.toThrow(refused(/not good any more/));
  });

  it('is replaced by a newer one', async () => {
    const told = house();
    const old = await told.mailed();
    const digits = await told.mailed();
    await expect(told.use(old)).rejects.toThrow(refused(/4 tries are left/));
    await expect(told.use(digits)).resolves.toBeDefined();
  });

  it('is nobody else’s, and for nothing else', async () => {
    const told = house();
    const digits = await told.mailed();
    await expect(told.use(digits, 'approve', 'ben')).rejects.toThrow(refused(/not the code/));
    const other = told.codes.use(`link#${sha256('other')}`, { digits, personId: 'ada', with: '' }, start);
    await expect(other).rejects.toThrow(refused(/Ask for a new one/));
  });

  it('says how many tries are left, and after five takes the right one no more', async () => {
    const told = house();
    const digits = await told.mailed();
    const says = ['4 tries are', '3 tries are', '2 tries are', '1 try is'];
    for (const left of says) await expect(told.use(wrong(digits))).rejects.toThrow(refused(new RegExp(left)));
    await expect(told.use(wrong(digits))).rejects.toThrow(refused(/Ask for a new one/));
    await expect(told.use(digits)).rejects.toThrow(refused(/wrong too often/));
    await expect(told.use(await told.mailed())).resolves.toBeDefined();
  });

  it('has five tries also where many come at once', async () => {
    const told = house();
    const digits = await told.mailed();
    const guesses = Array.from({ length: 12 }, () => told.use(wrong(digits)).catch((error: Error) => error.message));
    const counted = (await Promise.all(guesses)).filter((says) => /^This is not the code/.test(String(says)));
    expect(counted).toHaveLength(maxWrong);
    await expect(told.use(digits)).rejects.toThrow(refused(/wrong too often/));
  });

  it('is used by one of many forms at once', async () => {
    const told = house();
    const digits = await told.mailed();
    const forms = Array.from({ length: 5 }, (_, i) =>
      told.use(digits, `form ${i}`).then(
        () => 1,
        () => 0,
      ),
    );
    expect((await Promise.all(forms)).filter(Boolean)).toHaveLength(1);
  });

  it('that was not mailed yet is no blank cheque', async () => {
    const told = house();
    await told.ask();
    for (const entered of ['', '0', '00000000'])
      await expect(told.use(entered)).rejects.toThrow(refused(/not the code/));
  });
});

describe('asking', () => {
  it('ends after ten in a quarter of an hour, and says for how long', async () => {
    const told = house();
    for (let i = 0; i < maxAsks; i += 1) await told.ask();
    told.pass(60);
    const tooMany = expect.objectContaining({ code: 'too_many_codes', message: expect.stringContaining('14 minutes') });
    await expect(told.ask()).rejects.toThrow(tooMany);
    told.pass(askSeconds - 60);
    await expect(told.ask()).resolves.toBeDefined();
  });

  it('counts those that come at once', async () => {
    const told = house();
    const all = Array.from({ length: 9 }, () =>
      told.ask().then(
        () => 1,
        () => 0,
      ),
    );
    const taken = (await Promise.all(all)).filter(Boolean).length;
    for (let i = taken; i < maxAsks; i += 1) await told.ask().catch(() => undefined);
    await expect(told.ask()).rejects.toMatchObject({ code: 'too_many_codes' });
  });
});
