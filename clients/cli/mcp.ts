/** `holdpoint mcp install`: tells an MCP client where the deployment's tools are. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import type { JsonObject } from '../../core/json.ts';
import { byApi } from './api.ts';
import { confirmed } from './ask.ts';
import { type At, findContext } from './contexts.ts';
import { lineDiff } from './diff.ts';
import { fileText } from './given.ts';
import { answer, bad, exitCodes, good, note, Refused } from './outcome.ts';
import { writePrivate } from './private-file.ts';

interface ClientKind {
  file: string;
  /** The field that has the servers. */
  servers: string;
  server: (url: string, key: string) => JsonObject;
  /** How the file says: the value of HOLDPOINT_API_KEY, or a question. */
  keyLater: string;
  /** What else the file needs for that. */
  beside?: JsonObject;
}

const inputId = 'holdpoint-api-key';

/** A value that the client fills in. */
const later = (what: string): string => `\${${what}}`;

/** By their makers' documentation: code.claude.com/docs/en/mcp, cursor.com/docs/context/mcp, code.visualstudio.com/docs/copilot/chat/mcp-servers. */
const kinds: Record<string, ClientKind> = {
  claude: {
    file: '.mcp.json',
    servers: 'mcpServers',
    server: (url, key) => ({ type: 'http', url, headers: { 'x-api-key': key } }),
    keyLater: later('HOLDPOINT_API_KEY'),
  },
  cursor: {
    file: join('.cursor', 'mcp.json'),
    servers: 'mcpServers',
    server: (url, key) => ({ url, headers: { 'x-api-key': key } }),
    keyLater: later('env:HOLDPOINT_API_KEY'),
  },
  vscode: {
    file: join('.vscode', 'mcp.json'),
    servers: 'servers',
    server: (url, key) => ({ type: 'http', url, headers: { 'x-api-key': key } }),
    keyLater: later(`input:${inputId}`),
    beside: { inputs: [{ type: 'promptString', id: inputId, description: 'Holdpoint API key', password: true }] },
  },
};

type Options = At & { file?: string; name: string; withKey?: true; yes?: true };

export function addMcp(program: Command): void {
  const mcp = program.command('mcp').description('the deployment as tools of an MCP client');
  byApi(mcp.command('install'))
    .description("add the deployment to a client's configuration; shows the change first")
    .addArgument(new Argument('<client>', 'which client').choices(Object.keys(kinds)))
    .option('--file <path>', "its configuration (default: that of this folder's project)")
    .option('--name <name>', 'what the server is called there', 'holdpoint')
    .option('--with-key', 'write the key itself, into a file that you alone can read; else HOLDPOINT_API_KEY is read')
    .option('--yes', 'without being asked: for scripts')
    .action(install);
}

async function install(client: string, options: Options) {
  const kind = kinds[client] as ClientKind;
  const context = findContext(options);
  if (options.withKey && context.apiKey === undefined)
    throw new Refused(`${context.name} has no API key to write.`, exitCodes.denied);
  const file = resolve(options.file ?? kind.file);
  const before = existsSync(file) ? fileText(file, 'The configuration') : '';
  const key = options.withKey ? (context.apiKey ?? '') : kind.keyLater;
  const after = changed(before, file, kind, options, kind.server(`${context.url}/mcp`, key));
  const outcome = { client, file, name: options.name, url: `${context.url}/mcp`, changed: before !== after };
  if (before === after) return answer(options.json, outcome, `${file} has it already.`);
  if (!options.json) note(`${file}\n${diffShown(before, after, context.apiKey)}`);
  if (!(await confirmed('Write it?', options.yes))) throw new Refused('Nothing was written.');
  if (options.withKey) writePrivate(file, after);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, after);
  }
  const later = options.withKey || kind.beside ? '' : ' The client reads the key from HOLDPOINT_API_KEY.';
  answer(options.json, outcome, `${file} has ${options.name} now.${later}`);
}

/** The file's text with the server in it. Throws Refused where it is nothing that can be rewritten. */
function changed(before: string, file: string, kind: ClientKind, options: Options, server: JsonObject): string {
  const { servers, beside = {} } = kind;
  const { name, withKey } = options;
  let found: unknown;
  try {
    found = before.trim() === '' ? {} : JSON.parse(before);
  } catch {
    const entry = JSON.stringify({ [name]: server }, null, 2);
    throw new Refused(
      `${file} is not plain JSON (comments?), so it is left as it is; put this into ${servers} yourself: ${withKey ? '(the server)' : entry.replaceAll(/\s*\n\s*/g, ' ')}`,
    );
  }
  const config = found as JsonObject;
  const known = (config[servers] ?? {}) as JsonObject;
  const next: JsonObject = { ...config, [servers]: { ...known, [name]: server } };
  if (!withKey)
    for (const [field, added] of Object.entries(beside)) next[field] = merged(config[field], added as JsonObject[]);
  const indent = /^[{[]\n([ \t]+)/.exec(before)?.[1] ?? '  ';
  return `${JSON.stringify(next, null, indent)}\n`;
}

/** A list with what it lacks, by id. */
function merged(list: unknown, added: JsonObject[]): JsonObject[] {
  const known = Array.isArray(list) ? (list as JsonObject[]) : [];
  return [...known, ...added.filter(({ id }) => !known.some((one) => one.id === id))];
}

/** The lines that change; a key in them is not shown. */
function diffShown(before: string, after: string, key: string | undefined): string {
  const hidden = (line: string) => (key === undefined ? line : line.replaceAll(key, `${key.slice(0, 6)}…`));
  return lineDiff(before, after)
    .map(({ sign, line }) => {
      const text = `${sign} ${hidden(line)}`;
      return sign === '+' ? good(text) : sign === '-' ? bad(text) : text;
    })
    .join('\n');
}
