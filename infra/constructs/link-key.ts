import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** The key from which links and codes are derived. It never leaves KMS, and one function may use it. */
export class LinkKey extends Construct {
  readonly keyId: string;
  readonly #key: Key;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    this.#key = new Key(this, 'Key', {
      description: 'Holdpoint: derives approval links and one-time codes',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: keeping[props.stage].removalPolicy,
    });
    this.keyId = this.#key.keyId;
  }

  /** Lets the function that mails links and codes derive them. There is one such function. */
  usedBy(mail: NodeFunction): void {
    mail.allow(['kms:GenerateMac'], [this.#key.keyArn]);
  }
}
