/** Takes a person out of what is stored of an intent. What the record holds of them stands beside it, and is erased there. */

/** What stands where a person was named. */
export const erased = 'erased';

/** How a person is named in stored rows: by id, and by name and mail as they were when they were asked. */
export interface Named {
  id: string;
  /** Names and mail addresses. */
  words: ReadonlySet<string>;
}

/** What a person said or was known by, in an object that says whose it is. */
const said = new Set(['comment', 'note', 'via', 'data', 'evidence', 'mail', 'name']);
/** An equal text there is a word of ours, or of the agent's payload, whose hash is in the record. */
const others = new Set(['pk', 'sk', 'role', 'type', 'status', 'outcome', 'outcomes', 'kind', 'tool', 'payload', 'as']);

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether an object is about this person: a decision, an approver, a link. */
const isTheirs = (value: Record<string, unknown>, { id }: Named): boolean =>
  [value.id, value.personId, value.person, value.decided_by, isObject(value.by) ? value.by.id : value.by].includes(id);

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
      if (others.has(key)) return [key, one];
      if (about && said.has(key)) return [key, isObject(one) ? {} : erased];
      return [key === person.id ? erased : key, clean(one, person, about)];
    }),
  );
}

/** An id only where it is the whole text; a name or an address also within a sentence. */
const withoutWords = (text: string, { id, words }: Named): string =>
  text === id ? erased : [...words].reduce((left, word) => left.replaceAll(asWord(word), erased), text);

const asWord = (text: string): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])${text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu');

/** Whether what stands beside a record is of this person. */
export const isOf = (of: string, { id, words }: Named): boolean =>
  of === id || [...words].some((word) => same(of, word));
