/** The local AWS with roles that count: what the launcher corrects for it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESClient, SendEmailCommand, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsConfig, awsConfig } from '../../local/aws.ts';
import { type AccessDecision, type Emulator, startEmulator } from '../../local/emulator.ts';
import { type Botocore, openBotocore } from '../iam/botocore.ts';

let directory: string;
let emulator: Emulator;
let root: AwsConfig;
let botocore: Botocore;
let roles = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdpoint-auth-'));
  emulator = await startEmulator({ dir: directory, trail: join(directory, 'trail') });
  root = awsConfig(emulator.url);
  botocore = await openBotocore(root);
});
afterAll(async () => {
  botocore?.close();
  await emulator?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const account = '000000000000';

/** The configuration of a client that may do `Action` on `Resource` and nothing else. */
async function allowedTo(Action: string, Resource: string[]): Promise<AwsConfig> {
  roles += 1;
  const RoleName = `role-${roles}`;
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const trust = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' };
  await botocore.call('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document({ Effect: 'Allow', Action, Resource });
  await botocore.call('iam', 'PutRolePolicy', { RoleName, PolicyName: 'only', PolicyDocument });
  const taken = { RoleArn: `arn:aws:iam::${account}:role/${RoleName}`, RoleSessionName: 'tester' };
  const { Credentials } = await botocore.call<{ Credentials: Record<string, string> }>('sts', 'AssumeRole', taken);
  const credentials = {
    accessKeyId: Credentials.AccessKeyId ?? '',
    secretAccessKey: Credentials.SecretAccessKey ?? '',
    sessionToken: Credentials.SessionToken ?? '',
  };
  return { ...root, credentials };
}

const trail = (file: 'decisions.jsonl' | 'requests.jsonl') =>
  readFileSync(join(directory, 'trail', file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('corrections: roles', () => {
  const from = 'sender@example.com';
  const ses = (rest: string) => `arn:aws:ses:${root.region}:${account}:${rest}`;
  const mail = (config: AwsConfig, set?: string, Source = from) =>
    new SESClient(config).send(
      new SendEmailCommand({
        Source,
        Destination: { ToAddresses: ['to@example.com'] },
        Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
        ...(set === undefined ? {} : { ConfigurationSetName: set }),
      }),
    );
  beforeAll(async () => {
    await new SESClient(root).send(new VerifyEmailIdentityCommand({ EmailAddress: from }));
    await botocore.call('ses', 'CreateConfigurationSet', { ConfigurationSet: { Name: 'set' } });
    await botocore.call('ses', 'VerifyDomainIdentity', { Domain: 'other.example' });
  });
  const denied = { name: expect.stringMatching(/^AccessDenied/) };

  it('mail is authorized on the identity that it comes from', async () => {
    await mail(await allowedTo('ses:SendEmail', [ses(`identity/${from}`)]));
    await expect(mail(await allowedTo('ses:SendEmail', [ses('identity/somebody@example.com')]))).rejects.toMatchObject(
      denied,
    );
  });

  it('which is the domain where no address is verified', async () => {
    await mail(await allowedTo('ses:SendEmail', [ses('identity/other.example')]), undefined, 'any@other.example');
  });

  it('and on its configuration set', async () => {
    await mail(await allowedTo('ses:SendEmail', [ses(`identity/${from}`), ses('configuration-set/set')]), 'set');
    await expect(mail(await allowedTo('ses:SendEmail', [ses(`identity/${from}`)]), 'set')).rejects.toMatchObject(
      denied,
    );
  });

  it('calls count as encrypted: a policy against plain HTTP lets them pass', async () => {
    const policy = { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: '*' };
    const Statement = [{ ...policy, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    const sqs = new SQSClient(root);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'q', Attributes: { Policy } }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const producer = await allowedTo('sqs:SendMessage', [Attributes?.QueueArn ?? '']);
    await new SQSClient(producer).send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));
  });

  it('the trail has who was allowed and who was denied, and outlives a restart', async () => {
    const sender = await allowedTo('ses:SendEmail', [ses('identity/nobody@example.com')]);
    await expect(mail(sender)).rejects.toMatchObject(denied);
    await emulator.restart();
    const own = (trail('decisions.jsonl') as AccessDecision[]).filter(({ action }) => action === 'ses:SendEmail');
    expect(own.at(-1)).toMatchObject({
      principal: `arn:aws:sts::${account}:assumed-role/role-${roles}/tester`,
      resource: ses(`identity/${from}`),
      allowed: false,
    });
    expect(own.filter(({ allowed }) => allowed).map(({ resource }) => resource)).toContain(
      ses('configuration-set/set'),
    );
    expect(trail('requests.jsonl')).toContainEqual(
      expect.objectContaining({ service: 'ses', request_params: expect.objectContaining({ Source: from }) }),
    );
  });
});
