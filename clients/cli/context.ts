/** `holdpoint context`: the deployments that commands speak to by API. */

import { type Command, InvalidArgumentError } from 'commander';
import { tenantOf } from './arguments.ts';
import { ask, stdinText } from './ask.ts';
import { baseUrl, findContext, localContext, localName, readContexts, writeContexts } from './contexts.ts';
import { answer, columns, exitCodes, Refused } from './outcome.ts';

interface Json {
  json?: boolean;
}

export function addContext(program: Command): void {
  const context = program.command('context').description('deployments that are spoken to by API: address and key');
  const at = (name: string) => context.command(name).option('--json', 'answer with JSON');
  at('add')
    .description('keep a deployment under a name; the file is readable by you alone')
    .argument('<name>', 'a name of yours', nameOf)
    .requiredOption('--url <url>', "the deployment's address (its output ApiUrl)", urlOf)
    .option('--tenant <org/workspace>', "the key's tenant, to tell contexts apart", tenantOf)
    .option('--key <key>', 'the API key; - reads it from stdin, which no list of processes shows')
    .option('--no-key', 'keep no key: for people who sign in')
    .action(add);
  at('use').description('make it the one that commands mean').argument('<name>', 'its name').action(use);
  at('list').description('list them; keys are not shown').action(list);
  at('remove').description('forget it, and its key').argument('<name>', 'its name').action(remove);
}

function nameOf(given: string): string {
  if (given === localName) throw new InvalidArgumentError(`${localName} is the deployment of npm start.`);
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(given)) return given;
  throw new InvalidArgumentError('A name has letters, digits, dots, dashes and underscores.');
}

function urlOf(given: string): string {
  const parsed = baseUrl.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('An address is https://…; http only on this machine.');
}

async function keyOf(given: string | boolean | undefined): Promise<string | undefined> {
  if (given === false) return undefined;
  const key = given === '-' ? (await stdinText()).trim() : typeof given === 'string' ? given : await ask('API key: ');
  if (/^hp_sa_\S+$/.test(key)) return key;
  throw new Refused('An API key begins with hp_sa_: holdpoint keys create makes one.', exitCodes.usage);
}

async function add(name: string, options: Json & { url: string; tenant?: string; key?: string | boolean }) {
  const { contexts, current } = readContexts();
  const apiKey = await keyOf(options.key);
  const { url, tenant } = options;
  const added = { url, ...(tenant ? { tenant } : {}), ...(apiKey ? { apiKey } : {}) };
  // The first one is meant at once.
  const used = current ?? name;
  writeContexts({ contexts: { ...contexts, [name]: added }, current: used });
  answer(
    options.json,
    { context: name, url, current: used === name },
    `Context ${name} is ${url}.${used === name ? ' Commands mean it now.' : ` holdpoint context use ${name} makes commands mean it.`}`,
  );
}

async function use(name: string, options: Json) {
  // Throws where there is none.
  const { url } = findContext({ context: name });
  writeContexts({ ...readContexts(), current: name });
  answer(options.json, { context: name, url, current: true }, `Commands mean ${name} now: ${url}.`);
}

async function list(options: Json) {
  const { contexts, current } = readContexts();
  const local = localContext();
  const all = { ...(local ? { [localName]: local } : {}), ...contexts };
  const meant = current ?? (local ? localName : undefined);
  const found = Object.entries(all).map(([name, { url, tenant, apiKey }]) => ({
    context: name,
    url,
    tenant: tenant ?? null,
    key: apiKey !== undefined,
    current: name === meant,
  }));
  answer(
    options.json,
    { contexts: found, environment: process.env.HOLDPOINT_URL ?? null },
    found.length === 0
      ? 'There are no contexts; holdpoint context add makes one.'
      : columns(
          ['', 'CONTEXT', 'URL', 'TENANT', 'KEY'],
          found.map((one) => [one.current ? '*' : '', one.context, one.url, one.tenant ?? '-', one.key ? 'yes' : 'no']),
        ),
  );
}

async function remove(name: string, options: Json) {
  const { contexts, current } = readContexts();
  if (!Object.hasOwn(contexts, name))
    throw new Refused(`There is no context ${name} of yours: holdpoint context list shows them.`, exitCodes.notFound);
  const { [name]: _, ...others } = contexts;
  writeContexts({ contexts: others, ...(current === undefined || current === name ? {} : { current }) });
  answer(options.json, { removed: name }, `Context ${name} is forgotten. Its key is still good: keys revoke ends it.`);
}
