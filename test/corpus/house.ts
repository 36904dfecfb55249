/** The real handlers over tables in memory; queues, runs, mail, keys and the provider only say what they were told. */

import { createHash } from 'node:crypto';
import { vi } from 'vitest';
import { charge, idsInOrder } from '../core/builders.ts';
import { type Content, type Item, TablesInMemory } from './tables.ts';

/** What the provider's next calls do (then they succeed), and what it holds. */
interface Provider {
  fates: ('lost before' | 'lost after')[];
  refunds: { id: string; charge: string; amount: number; currency: string; status: string; metadata: object }[];
}

const world = vi.hoisted(() => {
  Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' });
  Object.assign(globalThis, {
    HOLDPOINT_DIRECTORY: JSON.stringify({
      people: [
        { id: 'ada', name: 'Ada Example', mail: 'ada@example.com', roles: ['approvers', 'refunds'] },
        { id: 'ben', name: 'Ben Example', mail: 'ben@example.com', roles: ['refunds'] },
      ],
    }),
  });
  return {
    newId: (): string => '',
    /** Calls to AWS beside the tables, since the last look: service, command, input. */
    // biome-ignore lint/suspicious/noExplicitAny: inputs are whatever the SDK takes
    told: [] as { what: string; input: any }[],
    provider: { fates: [], refunds: [] } as Provider,
  };
});

/** A client of the SDK that notes what it was told, and answers with what `answer` makes of it. */
const noted = (service: string, answer: (input: Item) => object = () => ({})) =>
  class {
    async send(command: { constructor: { name: string }; input: Item }) {
      world.told.push({ what: `${service} ${command.constructor.name.replace('Command', '')}`, input: command.input });
      return answer(command.input);
    }
  };

const tables = new TablesInMemory();

vi.mock('../../adapters/dynamo.ts', () => ({ dynamo: () => tables }));
vi.mock('../../adapters/lambda/context.ts', () => ({
  context: () => ({ now: new Date().toISOString(), newId: () => world.newId() }),
}));
vi.mock('@aws-sdk/client-sqs', async (original) => ({ ...(await original<object>()), SQSClient: noted('SQS') }));
vi.mock('@aws-sdk/client-sfn', async (original) => ({ ...(await original<object>()), SFNClient: noted('SFN') }));
vi.mock('@aws-sdk/client-ses', async (original) => ({
  ...(await original<object>()),
  SESClient: noted('SES', () => ({ MessageId: 'message-1' })),
}));
vi.mock('@aws-sdk/client-kms', async (original) => ({
  ...(await original<object>()),
  KMSClient: noted('KMS', ({ Message }) => ({ Mac: createHash('sha256').update(Message).digest() })),
}));
vi.mock('@aws-sdk/client-lambda', async (original) => ({
  ...(await original<object>()),
  LambdaClient: noted('Lambda', () => ({ Payload: { transformToString: () => JSON.stringify(charge()) } })),
}));
vi.mock('../../functions/tools/provider.ts', async (original) => ({
  ...(await original<object>()),
  stripeClient: () => async () => ({
    refunds: {
      async create({ charge, amount, metadata }: { charge: string; amount: number; metadata: object }) {
        const fate = world.provider.fates.shift();
        const refund = { id: 're_1', charge, amount, currency: 'eur', status: 'succeeded', metadata };
        if (fate !== 'lost before') world.provider.refunds.push(refund);
        if (fate) throw new Error('connection lost');
        return refund;
      },
      list: () => world.provider.refunds.values(),
      retrieve: async () => world.provider.refunds[0],
    },
  }),
}));

const names = {
  INTENTS_TABLE: 'Intents',
  EFFECTS_TABLE: 'Effects',
  AUDIT_TABLE: 'Audit',
  CONTROL_TABLE: 'Control',
  PEOPLE_TABLE: 'People',
  MAILBOXES_TABLE: 'Mailboxes',
};
const machines = {
  'intent.approval.v1': 'approval-machine',
  'intent.refund.v1': 'refund-machine',
  delegation: 'delegation-machine',
  procedure: 'procedure-machine',
};
Object.assign(process.env, names, {
  STATE_MACHINES: JSON.stringify(machines),
  READ_TOOLS: JSON.stringify({ read_charge: 'read_charge:live' }),
  RUNS_QUEUE_URL: 'runs',
  MAIL_QUEUE_URL: 'mail',
  DELIVER_QUEUE_URL: 'deliver',
  QUEUE_URL: 'queue',
  PARKED_QUEUE_URL: 'parked',
  LINK_KEY_ID: 'key',
  SENDER: 'approvals@example.com',
  BASE_URL: 'https://approve.example.com',
  CONFIGURATION_SET: 'set',
  CHAT_SECRET_ARN: '',
  PROVIDER_SECRET_ARN: 'arn',
  PROVIDER_URL: 'https://provider.example.com',
});

type Handler = (event: unknown, context: { awsRequestId: string }) => Promise<unknown>;
/** Loaded after what stands above: they read their environment, and make their clients, at once. */
const modules = {
  steps: await import('../../functions/steps/handler.ts'),
  issue_refund: await import('../../functions/tools/issue_refund/handler.ts'),
  runs: await import('../../functions/runs/handler.ts'),
  dispatch: await import('../../functions/dispatch/handler.ts'),
  deliver: await import('../../functions/deliver/handler.ts'),
  mail: await import('../../functions/mail/handler.ts'),
  approvals: await import('../../functions/approvals/handler.ts'),
  sweep: await import('../../functions/sweep/handler.ts'),
};
const { dynamoStore } = await import('../../adapters/store.ts');
export type FunctionName = keyof typeof modules;
const handlerOf = (name: FunctionName) => modules[name].handler as unknown as Handler;

/** What one call of a function met, was given, and did. */
export interface Scene {
  name: string;
  /** ISO 8601: when. */
  at: string;
  to: FunctionName;
  event: unknown;
  /** What was stored just before; without events and audit records, which no step reads. */
  items: Content;
  /** What the provider holds and will do, for a tool. */
  provider?: Provider;
  then: {
    answer?: unknown;
    /** Name of what it threw. */
    error?: string;
    /** The actions of the records that it committed. */
    committed: string[];
    /** The intent's status afterwards. */
    status?: string;
    /** What else it called. */
    called: string[];
  };
}

/** Makes ids, clock, provider and tables new: as a story finds them, or a scene that is played again. */
export function begin(at: string, { items = {}, provider }: Partial<Pick<Scene, 'items' | 'provider'>> = {}): void {
  vi.setSystemTime(Date.parse(at));
  const inOrder = idsInOrder();
  // What is played again gets none that the story has.
  if (Object.keys(items).length > 0) for (let i = 0; i < 1000; i += 1) inOrder();
  world.newId = inOrder;
  world.provider = structuredClone(provider) ?? { fates: [], refunds: [] };
  tables.restore(items);
}

export const pass = (to: string): void => void vi.setSystemTime(Date.parse(to));
export const failProvider = (fates: Provider['fates']): void => void world.provider.fates.push(...fates);
export const store = dynamoStore({
  client: tables as never,
  tables: { intents: 'Intents', effects: 'Effects', audit: 'Audit', control: 'Control', people: 'People' },
});
export const contextNow = () => ({ now: new Date().toISOString(), newId: () => world.newId() });
export const content = () => tables.content();
export const restore = (given: Content) => tables.restore(given);

const kept = ({ Intents = [], Effects = [] }: Content): Content => ({
  Intents: Intents.filter(({ sk }) => !String(sk).startsWith('event#')),
  ...(Effects.length > 0 ? { Effects } : {}),
});

let requests = 0;
/** Two invocations never have one id, and a recorded one never comes again. */
const requestId = (again: boolean): string => `${again ? 'replayed' : 'request'}-${++requests}`;

/** Calls a function, and tells what it met and did. `told` are its calls to AWS beside the tables. */
export async function play(
  name: string,
  to: FunctionName,
  event: unknown,
  again = false,
): Promise<{ scene: Scene; told: typeof world.told }> {
  const before = tables.content();
  const records = (now: Content) => (now.Audit ?? []).map(({ record }) => record.action as string);
  world.told = [];
  const provider = structuredClone(world.provider);
  const given = structuredClone(event);
  const outcome = await handlerOf(to)(event, { awsRequestId: requestId(again) }).then(
    (answer) => ({ answer: plain(answer) }),
    (error: Error) => ({ error: error.name, cause: error.message }),
  );
  const after = tables.content();
  const status = after.Intents?.find(({ sk }) => sk === 's#head')?.status;
  const { cause: _, ...seen } = { cause: '', ...outcome };
  const then = {
    ...seen,
    committed: records(after).slice(records(before).length),
    ...(status ? { status } : {}),
    called: world.told.map(({ what }) => what),
  };
  const scene: Scene = {
    name,
    at: new Date().toISOString(),
    to,
    event: given,
    items: kept(before),
    ...(to === 'issue_refund' ? { provider } : {}),
    then,
  };
  return { scene, told: world.told };
}

const isTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** As JSON; of a page only its status, and no times: words and ladders may change. */
const plain = (answer: unknown): unknown => {
  if (answer && typeof answer === 'object' && 'statusCode' in answer) return { statusCode: answer.statusCode };
  return answer === undefined
    ? null
    : JSON.parse(JSON.stringify(answer), (_, value) => (isTime.test(value) ? 'a time' : value));
};
