import { expect, it } from 'vitest';
import { allowed, resourcesOf, synthesize } from './synth.ts';

const bucketOf = async (stage: 'kept' | 'disposable') => {
  const { templates } = await synthesize({ stage });
  const found = resourcesOf(templates, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('MediaFiles'));
  if (!found) throw new Error('no bucket for files');
  const policy = resourcesOf(templates, 'AWS::S3::BucketPolicy').find(
    ({ Properties }) => Properties.Bucket.Ref === found.id,
  );
  return { templates, bucket: found, policy };
};

it('the bucket of files is encrypted, nobody reaches it without TLS or in public, and pages of others read nothing', async () => {
  const { bucket, policy } = await bucketOf('kept');
  expect(bucket.Properties).toMatchObject({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  });
  expect(bucket.Properties.CorsConfiguration).toBeUndefined();
  expect(policy?.Properties.PolicyDocument.Statement).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
  ]);
});

it('uploads that nobody has had checked go by themselves; files that were checked stay', async () => {
  const { bucket } = await bucketOf('kept');
  const rules = bucket.Properties.LifecycleConfiguration.Rules;
  const expiring = rules.filter((rule: object) => 'ExpirationInDays' in rule);
  expect(expiring).toMatchObject([
    { Prefix: 'uploads/', ExpirationInDays: 1, Status: 'Enabled' },
    // What agents leave with an intent goes as its rows do.
    { Prefix: 'resume-state/', ExpirationInDays: 400, Status: 'Enabled' },
  ]);
  expect(rules).toContainEqual({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' });
});

it.each([
  ['kept', 'Retain', { Status: 'Enabled' }],
  ['disposable', 'Delete', undefined],
] as const)('%s: %s with the stack, versions %j', async (stage, deletion, versions) => {
  const { bucket } = await bucketOf(stage);
  expect(bucket.DeletionPolicy).toBe(deletion);
  expect(bucket.Properties.VersioningConfiguration).toEqual(versions);
});

it('one function reads and puts files, and nobody deletes or lists them', async () => {
  const { templates, bucket } = await bucketOf('kept');
  const rights = allowed(templates).filter(({ resources }) => JSON.stringify(resources).includes(bucket.id));
  expect(rights.map(({ holder, actions }) => [holder.replace(/Role.*/, ''), actions])).toEqual([
    ['Media', ['s3:GetObject', 's3:PutObject']],
  ]);
});
