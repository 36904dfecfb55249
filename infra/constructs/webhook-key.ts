import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** The key under which secrets of webhooks are kept: who reads a table can sign nothing. */
export class WebhookKey extends Construct {
  readonly keyId: string;
  readonly #key: Key;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    this.#key = new Key(this, 'Key', {
      description: "Holdpoint: encrypts webhooks' secrets",
      enableKeyRotation: true,
      removalPolicy: keeping[props.stage].removalPolicy,
    });
    this.keyId = this.#key.keyId;
  }

  /** Lets a function keep secrets, which it can't read again. */
  sealedBy(keeper: NodeFunction): void {
    keeper.allow(['kms:Encrypt'], [this.#key.keyArn]);
  }

  /** Lets a function sign. */
  openedBy(sender: NodeFunction): void {
    sender.allow(['kms:Decrypt'], [this.#key.keyArn]);
  }
}
