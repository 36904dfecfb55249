/** What is decided on, wherever it is shown: what the agent sent, what exactly would be called, and why a person is asked. */

import { html } from 'hono/html';
import type { JsonObject } from '../core/json.ts';
import type { IntentRequest, StoredPlan } from '../core/model.ts';
import type { Action } from '../core/plan.ts';
import type { FiredRule } from '../core/policy.ts';
import { type Html, labelOf, said, textOf } from './frame.ts';

export const facts = (fields: readonly [string, unknown][]): Html =>
  html`${fields.map(([key, value]) => said(labelOf(key), textOf(value)))}`;

/** What the agent sent, field by field; what stands elsewhere on the page is not repeated. */
export const inputsOf = (
  request: Pick<IntentRequest, 'payload'> | undefined,
  elsewhere: readonly unknown[],
): [string, unknown][] => Object.entries(request?.payload ?? {}).filter(([, value]) => !elsewhere.includes(value));

/** What the agent sent that the plan's arguments don't repeat; its `reason` always, since it speaks to people. */
export const beyondPlan = (payload: JsonObject, { plan }: StoredPlan): [string, unknown][] =>
  Object.entries(payload).filter(
    ([key, value]) => key === 'reason' || !plan.actions.some(({ args }) => textOf(args[key]) === textOf(value)),
  );

export const exactArguments = ({ tool, args }: Action): Html =>
  html`<details><summary>Exact arguments of <code>${tool}</code></summary><dl>${Object.entries(args).map(
    ([key, value]) => html`<dt><code>${key}</code></dt><dd class="quote">${textOf(value)}</dd>`,
  )}</dl></details>`;

/** The rules that ask a person, as items of a list. */
export const rules = (why: readonly FiredRule[]): Html =>
  html`${why.map((rule) => html`<li>${rule.says} <code>${rule.reason}</code></li>`)}`;
