import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** The key that secrets of webhooks are encrypted with. Who makes a secret can't read it again; who signs with it can't make one. */
export class WebhookKey extends Construct {
  readonly keyId: string;
  readonly #key: Key;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    this.#key = new Key(this, 'Key', {
      description: 'Holdpoint: encrypts the secrets of webhooks',
      enableKeyRotation: true,
      removalPolicy: keeping[props.stage].removalPolicy,
    });
    this.keyId = this.#key.keyId;
  }

  /** Lets a door encrypt the secrets that it makes. */
  sealedBy(door: NodeFunction): void {
    door.allow(['kms:Encrypt'], [this.#key.keyArn]);
  }

  /** Lets the function that signs read them. */
  openedBy(sender: NodeFunction): void {
    sender.allow(['kms:Decrypt'], [this.#key.keyArn]);
  }
}
