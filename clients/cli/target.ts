/** Finds the deployment that a command is for. The only file of the CLI that makes AWS clients. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SESClient } from '@aws-sdk/client-ses';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Tables } from '../../adapters/rows.ts';
import { type AwsConfig, awsConfig } from '../../local/aws.ts';
import { repositoryRoot } from '../../local/emulator.ts';
import type { Where } from './arguments.ts';
import { Refused } from './outcome.ts';

export interface Target {
  client: DynamoDBDocumentClient;
  tables: Tables;
  /** The intent types that are deployed. */
  types: string[];
  s3: S3Client;
  kms: KMSClient;
  ses: SESClient;
  lambda: LambdaClient;
  /** A value that the stack tells. Throws Refused where it has none. */
  output: (key: string) => string;
  /** In words, e.g. `stack Holdpoint in eu-central-1`. */
  name: string;
}

/** Runs `use` with the deployment, and lets its connections go. Throws Refused where there is no such deployment. */
export async function withTarget<T>(where: Where, use: (target: Target) => Promise<T>): Promise<T> {
  const config = where.local === undefined ? awsOf(where) : localOf(where.local);
  const stacks = new CloudFormationClient(config);
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const s3 = new S3Client(config);
  const kms = new KMSClient(config);
  const ses = new SESClient(config);
  const lambda = new LambdaClient(config);
  try {
    const region = await stacks.config.region();
    const name = where.local === undefined ? `stack ${where.stack} in ${region}` : `local stack ${where.stack}`;
    const outputs = await outputsOf(stacks, where.stack, name);
    const output = (key: string): string => {
      const value = outputs.get(key);
      if (!value) throw new Refused(`The ${name} has no output ${key}: is it a Holdpoint deployment, and up to date?`);
      return value;
    };
    const tables = {
      intents: output('IntentsTable'),
      effects: output('EffectsTable'),
      audit: output('AuditTable'),
      control: output('ControlTable'),
      people: output('PeopleTable'),
      meters: output('MetersTable'),
    };
    const types = Object.keys(JSON.parse(output('StateMachines')));
    return await use({ client, tables, s3, kms, ses, lambda, output, types, name });
  } finally {
    for (const one of [stacks, client, s3, kms, ses, lambda]) one.destroy();
  }
}

async function outputsOf(stacks: CloudFormationClient, stack: string, name: string): Promise<Map<string, string>> {
  try {
    const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: stack }));
    return new Map(Stacks?.[0]?.Outputs?.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      throw new Refused(`There is no ${name}: name yours with --stack and --region, or use --local.`);
    throw error;
  }
}

const awsOf = ({ region }: Where): Partial<AwsConfig> => (region === undefined ? {} : { region });

function localOf(local: string | true): Partial<AwsConfig> {
  const file = join(local === true ? join(repositoryRoot, '.holdpoint') : local, 'local.json');
  if (!existsSync(file))
    throw new Refused(
      local === true
        ? 'Nothing is deployed on this machine: run npm start first.'
        : `There is no ${file}: give --local the folder that npm start writes to, or put --local last.`,
    );
  const { emulatorUrl, region } = JSON.parse(readFileSync(file, 'utf8')) as { emulatorUrl: string; region: string };
  return { ...awsConfig(emulatorUrl), region };
}
