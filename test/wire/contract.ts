/** Whether an answer is one that the OpenAPI document, and AXP's own schemas where they are here, let be. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { pathIn, routeOf } from '../../wire/routes.ts';
import { faultsOfFrames } from './frames.ts';
import { faultsBy, schemasAreHere } from './schemas.ts';

interface Response {
  content: Record<string, { schema: { $ref: string } }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, { responses: Record<string, Response | { $ref: string }> }>>;
  components: { schemas: Record<string, object>; responses: Record<string, Response> };
}

/** As it is committed. */
export const committed = JSON.parse(
  readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
) as OpenApi;

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ $id: 'openapi', components: committed.components });

/** Compiled once, when first asked for. */
const validatorOf = (ref: string) => ajv.getSchema(`openapi${ref}`) ?? ajv.compile({ $ref: `openapi${ref}` });

function faultsByRef(ref: string, value: unknown): string[] {
  const validate = validatorOf(ref);
  validate(value);
  return (validate.errors ?? []).map((error) => `${ref} ${error.instancePath} ${error.message}`);
}

/** Refusals are said once, and referred to. */
const responseIn = (found: Response | { $ref: string } | undefined): Response | undefined =>
  found && '$ref' in found ? committed.components.responses[found.$ref.slice('#/components/responses/'.length)] : found;

/** As a server reads a path: without query, escapes, doubled and trailing slashes. */
export const plain = (path: string): string =>
  decoded(path.split('?')[0] ?? '')
    .replace(/\/{2,}/g, '/')
    .replace(/(.)\/$/s, '$1');

/** As API Gateway does it: every escape is decoded but that of the percent sign, and a broken one stays. */
export const decoded = (path: string): string =>
  path.replace(/(?:%(?!25)[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));

/** AXP's list of events has no TIMED_OUT; its contract says to tell of it all the same. */
const untold = (fault: string, text: string): boolean =>
  /^\/events\/\d+\/status /.test(fault) && text.includes('"TIMED_OUT"');

/** A withdrawal that waits for a tool call is answered with a status that is still an open one (docs/limits.md). */
const isWish = (fault: string, text: string): boolean =>
  /^\/(intent\/status|event\/(status|event_type)) /.test(fault) && text.includes('"state":"CANCEL_REQUESTED"');

/** AXP sends no lifecycle events to subscriptions, and so its answer to sending one again does not know them. */
const isLifecycle = (fault: string, text: string): boolean =>
  /^\/event_type /.test(fault) && /"event_type":"intent\./.test(text) && text.includes('"replayed_at"');

const beyondAxp = (fault: string, text: string): boolean =>
  untold(fault, text) || isWish(fault, text) || isLifecycle(fault, text);

/** A refusal as AXP has it. */
function faultsOfError(status: number, value: unknown): string[] {
  if (status < 400 || !schemasAreHere) return [];
  return faultsBy('protocol/intent.error.v1.json', (value as { error?: unknown }).error ?? null);
}

export interface Answered {
  method: string;
  path: string;
  status: number;
  /** Its media type. */
  type: string;
  text: string;
}

/** Complaints about an answer below `/v1`; nothing where all is as documented. Those of API Gateway itself are not ours. */
export function faultsOfAnswer({ method, path, status, type, text }: Answered): string[] {
  if ([429, 503].includes(status) && !text.includes('"error"')) return [];
  const route = routeOf(method, plain(path));
  if (route?.streams && status === 200 && type.startsWith('text/event-stream')) return faultsOfFrames(route, text);
  const content = type.split(';')[0] ?? '';
  if (route?.csv && status === 200 && content === 'text/csv') return [];
  const value = text === '' ? undefined : JSON.parse(text);
  if (!route) {
    if (![401, 404, 405].includes(status)) return [`${method} ${path} is not documented: ${status}`];
    const schema = content === 'application/problem+json' ? 'Problem' : 'Error';
    return [...faultsByRef(`#/components/schemas/${schema}`, value), ...faultsOfError(status, value)];
  }
  const responses = committed.paths[pathIn(route)]?.[method.toLowerCase()]?.responses;
  const response = responseIn(responses?.[String(status)]);
  if (!response) return [`${method} ${route.path} answered ${status}, which is not documented`];
  const { schema } = response.content[content] ?? {};
  if (!schema) return [`${method} ${route.path} answered with ${content}`];
  const ours = faultsByRef(schema.$ref, value);
  if (status !== 200) return [...ours, ...faultsOfError(status, value)];
  if (!route.axp || !schemasAreHere) return ours;
  const axp = faultsBy(`public_api/${route.axp}.json`, value).filter((fault) => !beyondAxp(fault, text));
  return [...ours, ...axp.map((fault) => `${route.axp} ${fault}`)];
}
