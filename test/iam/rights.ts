/** What each function may do, as its role in the local AWS says; and taking single rights away. */

import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsConfig } from '../../local/aws.ts';
import type { Botocore } from './botocore.ts';

/** One action on one resource. */
export interface Right {
  function: string;
  action: string;
  /** An ARN, or `*`. */
  arn: string;
  /** Where it is held to rows of a table: how their partition keys begin or end. */
  keys?: string[];
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': string | string[] } };
}

interface Role {
  name: string;
  policy: string;
  document: { Version: string; Statement: Statement[] };
}

/** Whether it says what is allowed on what, and at the most of which keys. */
const isPlain = ({ Effect, Action, Resource, Condition, ...more }: Statement): boolean =>
  Object.keys(more).length === 0 && (Condition === undefined || keysOf(Condition).length > 0);

const keysOf = (condition: Statement['Condition']): string[] => {
  const { 'ForAllValues:StringLike': like, ...more } = condition ?? {};
  const { 'dynamodb:LeadingKeys': keys, ...others } = like ?? {};
  return keys === undefined || Object.keys({ ...more, ...others }).length > 0 ? [] : list(keys);
};

const statementOf = ({ action, arn, keys }: Right): Statement => ({
  Effect: 'Allow',
  Action: action,
  Resource: arn,
  ...(keys ? { Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } } } : {}),
});

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** @param functions name → physical name */
export async function openRoles(aws: AwsConfig, functions: Record<string, string>, { call }: Botocore) {
  const lambda = new LambdaClient(aws);
  const roles = new Map<string, Role>();
  for (const [name, FunctionName] of Object.entries(functions)) {
    const { Role = '' } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    roles.set(name, await read(Role.slice(Role.lastIndexOf('/') + 1)));
  }

  /** A role of ours has one policy of its own, of Allow statements, plain or held to keys; anything else would go unseen here. */
  async function read(RoleName: string): Promise<Role> {
    const attached = await call<{ AttachedPolicies: object[] }>('iam', 'ListAttachedRolePolicies', { RoleName });
    const { PolicyNames } = await call<{ PolicyNames: string[] }>('iam', 'ListRolePolicies', { RoleName });
    const [PolicyName, ...more] = PolicyNames;
    if (PolicyName === undefined || more.length + attached.AttachedPolicies.length > 0)
      throw new Error(`${RoleName} has other policies than its own one`);
    const found = await call<{ PolicyDocument: Role['document'] }>('iam', 'GetRolePolicy', { RoleName, PolicyName });
    for (const statement of found.PolicyDocument.Statement)
      if (statement.Effect !== 'Allow' || !isPlain(statement))
        throw new Error(`${RoleName} has a statement that is no plain Allow: ${JSON.stringify(statement)}`);
    return { name: RoleName, policy: PolicyName, document: found.PolicyDocument };
  }

  /** Each once: what two of its capabilities need stands in two statements, and then has to be held to the same keys. */
  function rightsOf(name: string): Right[] {
    const found = new Map<string, Right>();
    for (const right of statementsOf(name)) {
      const known = found.get(`${right.action} ${right.arn}`) ?? right;
      if (String(known.keys) !== String(right.keys))
        throw new Error(`${name} may do ${right.action} on ${right.arn} with and without keys`);
      found.set(`${right.action} ${right.arn}`, known);
    }
    return [...found.values()];
  }

  const statementsOf = (name: string): Right[] =>
    (roles.get(name)?.document.Statement ?? []).flatMap(({ Action, Resource, Condition }) =>
      list(Action).flatMap((action) =>
        list(Resource).map((arn) => ({
          function: name,
          action,
          arn,
          ...(Condition ? { keys: keysOf(Condition) } : {}),
        })),
      ),
    );

  async function put(name: string, statements: Statement[]): Promise<void> {
    const role = roles.get(name);
    if (!role) throw new Error(`no function ${name}`);
    const PolicyDocument = JSON.stringify({ ...role.document, Statement: statements });
    await call('iam', 'PutRolePolicy', { RoleName: role.name, PolicyName: role.policy, PolicyDocument });
  }

  return {
    all: (): Right[] => Object.keys(functions).flatMap(rightsOf),
    /** Takes one right out of the function's role. */
    take: (right: Right) =>
      put(
        right.function,
        rightsOf(right.function)
          .filter(({ action, arn }) => action !== right.action || arn !== right.arn)
          .map(statementOf),
      ),
    /** Gives the function its whole role back, as deployed. */
    giveBack: (name: string) => put(name, roles.get(name)?.document.Statement ?? []),
  };
}
