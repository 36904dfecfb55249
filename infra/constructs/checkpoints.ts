import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { serviceOfThisAccount } from '../principals.ts';
import { keeping, type Stage } from '../stage.ts';
import { allow, type NodeFunction } from './node-function.ts';
import { findChanged } from './table-rights.ts';
import type { Tables } from './tables.ts';

/** Where checkpoints lie and what signs them: a bucket in which, on a kept stage, nobody can change one, and a key that never leaves KMS. */
export class Checkpoints extends Construct {
  readonly #bucket: Bucket;
  readonly #key: Key;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    const { removalPolicy, checkpointDays } = keeping[props.stage];
    this.#bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy,
      ...(checkpointDays === undefined
        ? {}
        : {
            versioned: true,
            objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(checkpointDays)),
          }),
    });
    this.#key = new Key(this, 'Key', {
      description: 'Holdpoint: signs checkpoints of the audit chains',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy,
    });
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Checkpoints hold hashes and no personal data, are written once an hour by one function, and can not be changed; CloudTrail names whoever reads them.',
    });
  }

  get #logicalId(): string {
    return Stack.of(this).getLogicalId(this.#bucket.node.defaultChild as CfnBucket);
  }

  get environment() {
    return { CHECKPOINT_BUCKET: this.#bucket.bucketName, CHECKPOINT_KEY_ID: this.#key.keyId };
  }

  /** Lets the one function that makes them do so, and calls it each hour. */
  madeBy(checkpoint: NodeFunction, tables: Tables): void {
    findChanged(checkpoint, tables);
    checkpoint.allow(['kms:Sign'], [this.#key.keyArn]);
    checkpoint.allow(['s3:GetObject', 's3:PutObject'], [this.#bucket.arnForObjects('checkpoints/*')]);
    Validations.of(checkpoint).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${this.#logicalId}.Arn>/checkpoints/*]`,
      reason: 'infra/wildcards.ts: the objects of one bucket that are checkpoints.',
    });
    // Without it, that there is no such object would look like that there is no right to see it.
    checkpoint.allow(['s3:ListBucket'], [this.#bucket.bucketArn]);
    const role = new Role(this, 'ScheduleRole', { assumedBy: serviceOfThisAccount('scheduler') });
    role.addToPolicy(allow(['lambda:InvokeFunction'], [checkpoint.alias.functionArn]));
    new CfnSchedule(this, 'EachHour', {
      scheduleExpression: 'rate(1 hour)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: checkpoint.alias.functionArn,
        roleArn: role.roleArn,
        // A missed hour is caught up with by the next one.
        retryPolicy: { maximumEventAgeInSeconds: 1800, maximumRetryAttempts: 2 },
      },
    });
  }
}
