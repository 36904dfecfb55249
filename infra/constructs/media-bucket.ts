import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { resumeStateDays } from '../../core/resume-state.ts';
import { keeping, type Stage } from '../stage.ts';
import type { NodeFunction } from './node-function.ts';

/** An upload that nobody has had checked goes after this long. */
const uploadDays = 1;

/**
 * Files of agents and people. Nothing in it is public: who may read or upload one is given an address or a form that is
 * signed for that file alone. What was checked lies under `media/` by its hash, and stays. What agents leave with an intent, where it is
 * large, lies under `resume-state/` for as long as the small ones do.
 */
export class MediaBucket extends Construct {
  readonly bucketName: string;
  readonly #bucket: Bucket;

  constructor(scope: Construct, id: string, props: { stage: Stage }) {
    super(scope, id);
    this.#bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: props.stage === 'kept',
      removalPolicy: keeping[props.stage].removalPolicy,
      lifecycleRules: [
        {
          prefix: 'uploads/',
          expiration: Duration.days(uploadDays),
          noncurrentVersionExpiration: Duration.days(uploadDays),
        },
        {
          prefix: 'resume-state/',
          expiration: Duration.days(resumeStateDays),
          noncurrentVersionExpiration: Duration.days(uploadDays),
        },
        { abortIncompleteMultipartUploadAfter: Duration.days(uploadDays) },
      ],
    });
    this.bucketName = this.#bucket.bucketName;
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Every file is read and put by one function, which logs each request, or by an address that it signed for minutes. Access logs would need a bucket of their own.',
    });
  }

  /** Lets the function that keeps files read and put them, and sign for others. It deletes none. */
  usedBy(media: NodeFunction): void {
    const prefixes = ['uploads', 'media', 'resume-state'];
    media.allow(
      ['s3:GetObject', 's3:PutObject'],
      prefixes.map((prefix) => `${this.#bucket.bucketArn}/${prefix}/*`),
    );
    const { logicalId } = this.#bucket.node.defaultChild as CfnBucket;
    for (const prefix of prefixes)
      Validations.of(media).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${Stack.of(this).resolve(logicalId)}.Arn>/${prefix}/*]`,
        reason: 'Names of files hold ids and hashes that no template knows. infra/wildcards.ts lists it.',
      });
  }
}
