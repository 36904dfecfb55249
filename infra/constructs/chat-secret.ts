import { Validations } from 'aws-cdk-lib';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { Grantee } from './node-function.ts';

/** Slack's token and the addresses of webhooks, as JSON; made with a placeholder. docs/channels.md says what stands in it. */
export class ChatSecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: 'Holdpoint: how chats are reached',
      generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'unused' },
      removalPolicy: keeping[props.stage].removalPolicy,
    });
    this.arn = (secret.node.defaultChild as CfnSecret).attrId;
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Slack and Teams issue what stands in it; only there can it be made anew. docs/channels.md says how.',
    });
  }

  /** Lets a function read it. */
  usedBy(to: Grantee): void {
    to.allow(['secretsmanager:GetSecretValue'], [this.arn]);
  }
}
