import { Role } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { serviceOfThisAccount } from '../principals.ts';
import { allow, type NodeFunction } from './node-function.ts';

/** Calls `sweep` each minute: how late what the stream lost can be. */
export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, props: { sweep: NodeFunction }) {
    super(scope, id);
    const role = new Role(this, 'Role', { assumedBy: serviceOfThisAccount('scheduler') });
    role.addToPolicy(allow(['lambda:InvokeFunction'], [props.sweep.alias.functionArn]));
    new CfnSchedule(this, 'EachMinute', {
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: props.sweep.alias.functionArn,
        roleArn: role.roleArn,
        // A missed minute is made up for by the next one.
        retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 1 },
      },
    });
  }
}
