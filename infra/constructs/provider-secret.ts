import { Validations } from 'aws-cdk-lib';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { Grantee } from './node-function.ts';

/**
 * The payment provider's API key. It is made with a random placeholder, so that no key stands in a template;
 * put the real one in with `aws secretsmanager put-secret-value`.
 */
export class ProviderSecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: "Holdpoint: the payment provider's API key",
      removalPolicy: keeping[props.stage].removalPolicy,
    });
    // On AWS, Ref is the ARN as well; the attribute is it everywhere.
    this.arn = (secret.node.defaultChild as CfnSecret).attrId;
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The provider issues the key; only its dashboard can rotate it. docs/runbook.md says how.',
    });
  }

  /** Lets a tool read the key. */
  usedBy(tool: Grantee): void {
    tool.allow(['secretsmanager:GetSecretValue'], [this.arn]);
  }
}
