/** The fields of a task's form: labels, limits and errors as the schema has them; the server checks, the browser helps. */

import { html, raw } from 'hono/html';
import { type FormErrors, placeOf } from '../core/form.ts';
import type { FormGroup, FormList, FormPart, FormScalar } from '../core/form-schema.ts';
import { exactly, type Html, labelOf } from './frame.ts';

/** What was filled in before it was refused, and what is wrong with it. */
export interface FilledIn {
  texts: (name: string) => string[];
  errors: FormErrors;
}

interface Field {
  part: FormScalar | FormList;
  at: string;
  label: string;
  needed: boolean;
  given: FilledIn | undefined;
}

/** All fields of a form, groups as fieldsets with their title. */
export const fields = (schema: FormGroup, given: FilledIn | undefined): Html => group(schema, '', given);

function group(schema: FormGroup, at: string, given: FilledIn | undefined): Html {
  return html`${Object.entries(schema.properties).map(([key, part]) => {
    const needed = schema.required?.includes(key) === true;
    return onePart(part, placeOf(at, key), part.title ?? labelOf(key), needed, given);
  })}`;
}

function onePart(part: FormPart, at: string, label: string, needed: boolean, given: FilledIn | undefined): Html {
  if (part.type === 'object')
    return html`<fieldset class="group"><legend>${label}</legend>${help(part.description)}${group(part, at, given)}</fieldset>`;
  const field = { part, at, label, needed, given };
  return optionsOf(part) ? choices(field) : control(field);
}

/** Ids hold no `/`; names hold no `:`. */
const idOf = (at: string): string => `f${at.replaceAll('/', ':')}`;

const help = (text: string | undefined): Html | string => (text === undefined ? '' : html`<p class="note">${text}</p>`);

const errorId = (at: string): string => `${idOf(at)}:error`;

const errorOf = ({ at, given }: Field): Html | string =>
  given?.errors[at] === undefined
    ? ''
    : html`<p class="error" id="${errorId(at)}" role="alert">${given.errors[at]}</p>`;

/** The first field that is wrong is where the browser opens the page. */
const marks = ({ at, given }: Field): Html | string => {
  if (given?.errors[at] === undefined) return '';
  const first = Object.keys(given.errors)[0] === at ? 'autofocus' : '';
  return html`${raw(first)} aria-invalid="true" aria-describedby="${errorId(at)}"`;
};

const optional = ({ needed }: Field): Html | string => (needed ? '' : html` <span class="note">(optional)</span>`);

/** What can be chosen: label and value; nothing where it is written. */
function optionsOf(part: FormScalar | FormList): { value: string; label: string }[] | undefined {
  if (part.type === 'boolean')
    return [
      { value: 'true', label: 'Yes' },
      { value: 'false', label: 'No' },
    ];
  const offered = part.type === 'array' ? part.items.enum : part.enum;
  return offered?.map((value) => ({ value: String(value), label: String(value) }));
}

function choices(field: Field): Html {
  const { part, at, label, needed, given } = field;
  const many = part.type === 'array';
  const chosen = given?.texts(at) ?? [];
  const must = raw(needed && !many ? 'required' : '');
  return html`<fieldset ${given?.errors[at] === undefined ? '' : html`aria-describedby="${errorId(at)}"`}>
<legend>${label}${optional(field)}</legend>${help(part.description)}${errorOf(field)}
${optionsOf(part)?.map(
  (option, i) =>
    html`<label class="choice"><input type="${many ? 'checkbox' : 'radio'}" name="${at}" value="${exactly(option.value)}" ${must} ${raw(
      chosen.includes(option.value) ? 'checked' : '',
    )} ${i === 0 ? marks(field) : ''}> <span>${option.label}</span></label>`,
)}</fieldset>`;
}

/** Longer texts get more room. */
const longFrom = 200;

const inputTypes = { date: 'date', email: 'email', uri: 'url' } as Record<string, string>;

function control(field: Field): Html {
  const { part, at, label, needed } = field;
  const text = field.given?.texts(at)[0] ?? '';
  const shared = html`id="${idOf(at)}" name="${at}" ${raw(needed ? 'required' : '')} ${keysFor(part)} ${marks(field)}`;
  const isLong =
    part.type === 'array' ||
    (part.type === 'string' && part.format === undefined && (part.maxLength ?? longFrom) >= longFrom);
  return html`<label class="field" for="${idOf(at)}">${label}${optional(field)}</label>
${help(part.description)}${part.type === 'array' ? help('One on each line.') : ''}${errorOf(field)}
${isLong ? html`<textarea ${shared}>${exactly(text)}</textarea>` : html`<input type="${inputType(part)}" ${shared} value="${exactly(text)}">`}`;
}

const inputType = (part: FormScalar | FormList): string =>
  part.type === 'string' ? (inputTypes[part.format ?? ''] ?? 'text') : 'text';

/** Which keys a phone shows. Lengths and bounds are the server's: it says what is wrong in words. */
function keysFor(part: FormScalar | FormList): Html | string {
  if (part.type === 'integer') return html`inputmode="numeric"`;
  if (part.type === 'number') return html`inputmode="decimal"`;
  return '';
}
