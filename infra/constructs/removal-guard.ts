import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import type { IntentType } from '../../core/intent-type.ts';
import { declaredOf } from '../../core/removal.ts';
import type { NodeFunction } from './node-function.ts';
import type { Tables } from './tables.ts';

/** How long a deployment waits for the guard's answer; without one it fails. */
const patience = Duration.minutes(5);

/**
 * Refuses an update that removes what open intents need. CloudFormation removes resources only after everything else
 * has changed, when a failure no longer stops it: so this asks before anything changes.
 */
export class RemovalGuard extends Construct {
  readonly #asked: CustomResource;

  constructor(
    scope: Construct,
    id: string,
    props: { guard: NodeFunction; tables: Tables; intentTypes: readonly IntentType[] },
  ) {
    super(scope, id);
    const { guard, tables } = props;
    guard.allow(['dynamodb:Query'], [tables.dueIndexArn]);
    // To tell a rollback from an update that asks for the same.
    guard.allow(['cloudformation:DescribeStacks'], [Stack.of(this).stackId]);
    this.#asked = new CustomResource(this, 'DeclaredTypes', {
      resourceType: 'Custom::DeclaredTypes',
      serviceToken: guard.alias.functionArn,
      serviceTimeout: patience,
      properties: { Types: props.intentTypes.map(declaredOf) },
    });
  }

  /** What an open intent's next step would meet: it changes only once the guard has agreed. */
  before(...changes: IConstruct[]): void {
    for (const change of changes) change.node.addDependency(this.#asked);
  }
}
