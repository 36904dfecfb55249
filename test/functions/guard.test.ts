/** What the guard answers to CloudFormation, over a real socket; the tables and the stack's status are made up. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const world = vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
  return {
    open: new Map<string, number>(),
    status: 'UPDATE_IN_PROGRESS',
    /** What counting, or asking for the status, throws. */
    broken: { count: undefined as Error | undefined, status: undefined as Error | undefined },
    calls: [] as string[],
  };
});

vi.mock('../../adapters/due.ts', () => ({
  dueItems: () => ({
    openByType: async () => {
      world.calls.push('count');
      if (world.broken.count) throw world.broken.count;
      return world.open;
    },
  }),
}));
vi.mock('@aws-sdk/client-cloudformation', () => ({
  CloudFormationClient: class {
    async send() {
      world.calls.push('status');
      if (world.broken.status) throw world.broken.status;
      return { Stacks: [{ StackStatus: world.status }] };
    }
  },
  DescribeStacksCommand: class {},
}));

interface Answer {
  Status: string;
  Reason: string;
  PhysicalResourceId: string;
  StackId: string;
  RequestId: string;
  LogicalResourceId: string;
}
const answers: { method: string | undefined; type: string | undefined; body: Answer }[] = [];
let taken = 200;
const cloudFormation = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Answer;
  answers.push({ method: request.method, type: request.headers['content-type'], body });
  response.writeHead(taken).end();
});

let url: string;
let handler: (event: unknown, context: unknown) => Promise<void>;
beforeAll(async () => {
  await new Promise<void>((listening) => cloudFormation.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/signed?signature=secret`;
  vi.stubEnv('INTENTS_TABLE', 'intents');
  handler = (await import('../../functions/guard/handler.ts')).handler as never;
});
afterAll(() => {
  vi.unstubAllEnvs();
  cloudFormation.close();
});
beforeEach(() => {
  answers.length = 0;
  taken = 200;
  Object.assign(world, { open: new Map(), status: 'UPDATE_IN_PROGRESS', calls: [], broken: {} });
});

const approval = { type: 'intent.approval.v1', shape: 'approval', closed: 'false' };
const refund = { type: 'intent.refund.v1', shape: 'action', closed: 'true', tools: ['issue_refund'] };

/** As CloudFormation sends it: as text. */
const event = (RequestType: string, before?: object[], after?: object[]) => ({
  RequestType,
  ResponseURL: url,
  StackId: 'arn:aws:cloudformation:eu-central-1:111122223333:stack/Holdpoint/1',
  RequestId: 'request-1',
  LogicalResourceId: 'DeclaredTypes',
  ResourceType: 'Custom::DeclaredTypes',
  ServiceToken: 'arn',
  ResourceProperties: { ServiceToken: 'arn', ...(after ? { Types: after } : {}) },
  ...(before ? { OldResourceProperties: { ServiceToken: 'arn', Types: before } } : {}),
  ...(RequestType === 'Create' ? {} : { PhysicalResourceId: 'declared-types' }),
});

async function told(given: ReturnType<typeof event>): Promise<Answer> {
  await handler(given, { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 });
  expect(answers).toHaveLength(1);
  // The address was signed for a request without a content type.
  expect(answers[0]).toMatchObject({ method: 'PUT', type: '' });
  const { body } = answers[0] as (typeof answers)[number];
  const { StackId, RequestId, LogicalResourceId } = given;
  expect(body).toMatchObject({ StackId, RequestId, LogicalResourceId, PhysicalResourceId: 'declared-types' });
  return body;
}

describe('agrees, without asking anybody', () => {
  it.each([
    ['to a first deployment', () => event('Create', undefined, [approval, refund])],
    ['to the end of one, whatever is open', () => event('Delete', undefined, [approval, refund])],
    ['where nothing goes', () => event('Update', [approval, refund], [approval, { ...refund, closed: 'false' }])],
  ])('%s', async (_, given) => {
    world.open.set('intent.refund.v1', 7);
    expect((await told(given())).Status).toBe('SUCCESS');
    expect(world.calls).toEqual([]);
  });
});

describe('where a type goes', () => {
  const removal = () => event('Update', [approval, refund], [approval]);

  it('agrees if none of it is open', async () => {
    world.open.set('intent.approval.v1', 7);
    expect((await told(removal())).Status).toBe('SUCCESS');
  });

  it('refuses while one is open, with a sentence that says how', async () => {
    world.open.set('intent.refund.v1', 7);
    const { Status, Reason } = await told(removal());
    expect(Status).toBe('FAILED');
    expect(Reason).toMatch(/^intent\.refund\.v1 cannot be removed yet: 7 of its intents are open\..*holdpoint types/);
  });

  it('refuses if its door was open', async () => {
    const { Status, Reason } = await told(event('Update', [approval, refund], [refund]));
    expect([Status, Reason]).toEqual(['FAILED', expect.stringContaining('closed: true')]);
  });

  it('refuses the last one too', async () => {
    expect((await told(event('Update', [approval]))).Status).toBe('FAILED');
  });

  it('agrees to a rollback, which only puts back what was', async () => {
    world.open.set('intent.refund.v1', 7);
    world.status = 'UPDATE_ROLLBACK_IN_PROGRESS';
    expect((await told(removal())).Status).toBe('SUCCESS');
  });
});

describe('refuses what it cannot find out', () => {
  it.each(['count', 'status'] as const)('%s', async (what) => {
    world.broken[what] = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const { Status, Reason } = await told(event('Update', [approval, refund], [approval]));
    expect(Status).toBe('FAILED');
    expect(Reason).toContain('could not be counted (AccessDeniedException)');
  });

  it('properties that it does not understand', async () => {
    expect((await told(event('Update', [{ type: 'intent.refund.v1' }], [approval]))).Status).toBe('FAILED');
  });
});

it('fails where CloudFormation does not take the answer, so that Lambda calls it again', async () => {
  taken = 403;
  await expect(told(event('Create', undefined, [approval]))).rejects.toThrow('403');
});
