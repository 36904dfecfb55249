/** What is deployed, as AWS tells it: to see that a deployment changed what it says. */

import { GetAliasCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { aws, stack } from '../deployed/world.ts';

const lambda = new LambdaClient(aws);
const sfn = new SFNClient(aws);

const functions = JSON.parse(stack.outputs.Functions ?? '{}') as Record<string, string>;
const machines = JSON.parse(stack.outputs.StateMachines ?? '{}') as Record<string, string>;

/** Each function's name → the hash of the code that its alias `live` leads to. */
export async function liveCode(): Promise<Map<string, string>> {
  const found = Object.entries(functions).map(async ([name, FunctionName]): Promise<[string, string]> => {
    const { FunctionVersion: Qualifier } = await lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }));
    const { CodeSha256 = '' } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName, ...(Qualifier ? { Qualifier } : {}) }),
    );
    return [name, CodeSha256];
  });
  return new Map(await Promise.all(found));
}

/** Names of the functions whose live code differs. */
export const changedCode = (before: Map<string, string>, after: Map<string, string>): string[] =>
  [...after].filter(([name, hash]) => before.get(name) !== hash).map(([name]) => name);

export const functionNames = Object.keys(functions);

/** Names of the states of a type's machine. */
export async function statesOf(type: string): Promise<string[]> {
  const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: machines[type] }));
  return Object.keys(JSON.parse(definition ?? '{}').States);
}

/** Names of the runs that are open. */
export async function openRuns(): Promise<string[]> {
  const names: string[] = [];
  for (const stateMachineArn of Object.values(machines)) {
    let nextToken: string | undefined;
    do {
      const page = await sfn.send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', ...(nextToken ? { nextToken } : {}) }),
      );
      names.push(...(page.executions ?? []).map(({ name }) => name ?? ''));
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return names;
}
