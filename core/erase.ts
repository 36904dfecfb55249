/** Takes a person out of what is stored of an intent. What the record holds of them stands beside it, and is erased there. */

/** What stands where a person was named. */
export const erased = 'erased';

/** A takeover's text begins with it. */
export const frozenText = (by: string, reason: string): string => `Frozen by ${by}: ${reason}`;

/** Where that text goes on with what isn't anybody's words. */
export const toolCalled = '\nThe tool ';

/** How a person is named in stored rows: by id, and by name and mail as they were when they were asked. */
export interface Named {
  id: string;
  /** Names and mail addresses. */
  words: ReadonlySet<string>;
}

/** What a person said or was known by, in an object that says whose it is. */
const said = new Set(['comment', 'note', 'text', 'justification', 'done', 'via', 'data', 'evidence', 'mail', 'name']);
/** An equal text there is a word of ours, or of the agent's payload, whose hash is in the record. */
const others = new Set(['pk', 'sk', 'role', 'type', 'status', 'outcome', 'outcomes', 'kind', 'tool', 'payload', 'as']);

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether an object is about this person: a decision, an approver, a link. */
const isTheirs = (value: Record<string, unknown>, { id }: Named): boolean =>
  [value.id, value.personId, value.person, value.decided_by, isObject(value.by) ? value.by.id : value.by].includes(id);

/** Whether this is why the person froze an intent, in words; a decision's `reason` is a code. */
const froze = ({ by, frozen_by }: Record<string, unknown>, { id }: Named): boolean => by === id || frozen_by === id;

/** Names and mails of a person in a stored row. */
export function wordsIn(row: unknown, id: string): string[] {
  if (!isObject(row)) return [];
  const own = row.id === id || row.personId === id ? [row.name, row.mail] : [];
  const found = own.filter((word): word is string => typeof word === 'string' && word !== '' && word !== erased);
  return [...found, ...Object.values(row).flatMap((value) => wordsIn(value, id))];
}

/** The row without the person; undefined where it does not name them. */
export function withoutPerson<R extends Record<string, unknown>>(row: R, person: Named): R | undefined {
  const cleaned = clean(row, person, false) as R;
  if (JSON.stringify(cleaned) === JSON.stringify(row)) return undefined;
  // A task's hash goes on being recorded: without its salt nobody finds by trying whose name was in it.
  const { salt: _, ...left } = cleaned;
  return left as unknown as R;
}

function clean(value: unknown, person: Named, theirs: boolean): unknown {
  if (typeof value === 'string') return withoutWords(value, person);
  if (Array.isArray(value)) return value.map((one) => clean(one, person, theirs));
  if (!isObject(value)) return value;
  const about = isTheirs(value, person);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === 'reason' && froze(value, person)) return [key, erased];
      if (others.has(key)) return [key, one];
      if (about && said.has(key)) return [key, isObject(one) ? {} : erased];
      return [key === person.id ? erased : key, clean(one, person, about)];
    }),
  );
}

/** An id only where it is the whole text; a name or an address also within a sentence. */
const withoutWords = (text: string, { id, words }: Named): string =>
  text === id
    ? erased
    : [...words].reduce((left, word) => left.replaceAll(asWord(word), erased), withoutFreeze(text, id));

/** Who froze an intent, and why, stands in its takeover's text and wherever that is listed. */
const withoutFreeze = (text: string, id: string): string => {
  const theirs = frozenText(id, '');
  if (!text.startsWith(theirs)) return text;
  const [, ...more] = text.slice(theirs.length).split(toolCalled);
  return [frozenText(erased, erased), ...more].join(toolCalled);
};

const asWord = (text: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu');

/** One value of a row that tells of a person. `at`: JSON pointer. */
export interface Telling {
  at: string;
  value: unknown;
}

/** What of a row tells of the person: all that erasing would take out of it, and nothing of others. */
export function tellings(row: Record<string, unknown>, person: Named): Telling[] {
  return different(row, clean(row, person, false), '');
}

function different(before: unknown, after: unknown, at: string): Telling[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const pairs = [before, after].map((one) => (typeof one === 'object' && one !== null ? Object.entries(one) : []));
  const [was = [], is = []] = pairs;
  if (was.length === 0 || was.length !== is.length) return [{ at, value: before }];
  return was.flatMap(([key, value], i) => {
    const place = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return is[i]?.[0] === key ? different(value, is[i]?.[1], place) : [{ at: place, value }];
  });
}

/** Whether what stands beside a record is of this person. */
export const isOf = (of: string, { id, words }: Named): boolean =>
  of === id || [...words].some((word) => same(of, word));
