import { describe, expect, it } from 'vitest';
import { type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

const on = async (stage: 'kept' | 'disposable') => {
  const { templates } = await synthesize({ stage });
  const one = (type: string) =>
    resourcesOf(templates, type).find(({ id }) => id.startsWith('Checkpoints')) as Resource & { id: string };
  return { templates, bucket: one('AWS::S3::Bucket'), policy: one('AWS::S3::BucketPolicy'), key: one('AWS::KMS::Key') };
};

/** Statements of the functions' policies that allow this, with the policy's id. */
const allowed = (templates: Template[], action: string) =>
  resourcesOf(templates, 'AWS::IAM::Policy').flatMap(({ id, Properties }) =>
    Properties.PolicyDocument.Statement.filter(({ Action }: { Action: string | string[] }) =>
      [Action].flat().includes(action),
    ).map(({ Resource }: { Resource: unknown }) => ({ id, resource: JSON.stringify(Resource) })),
  );

describe('checkpoints', () => {
  it('kept: can not be changed or removed by anybody for six years', async () => {
    const { bucket } = await on('kept');
    expect(bucket.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2192 } },
      },
      VersioningConfiguration: { Status: 'Enabled' },
    });
    expect(bucket.DeletionPolicy).toBe('Retain');
  });

  it('disposable: go with the stack', async () => {
    const { bucket, key } = await on('disposable');
    expect(bucket.Properties).not.toHaveProperty('ObjectLockEnabled');
    expect(bucket.Properties).not.toHaveProperty('ObjectLockConfiguration');
    for (const { DeletionPolicy } of [bucket, key]) expect(DeletionPolicy).toBe('Delete');
  });

  it.each(['kept', 'disposable'] as const)('%s: encrypted, over TLS only, never public', async (stage) => {
    const { bucket, policy } = await on(stage);
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
    });
    expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 's3:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  it('are signed by a key that nobody else may sign with, and written by one function, which may not remove them', async () => {
    const { key, templates } = await on('kept');
    expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    for (const action of ['kms:Sign', 's3:PutObject']) {
      const found = allowed(templates, action).filter(({ resource }) => resource.includes('Checkpoints'));
      expect(found.map(({ id }) => id)).toEqual([expect.stringMatching(/^CheckpointRole/)]);
    }
    for (const action of ['s3:DeleteObject', 's3:PutObjectRetention', 's3:BypassGovernanceRetention'])
      expect(allowed(templates, action).filter(({ id }) => id.startsWith('Checkpoint'))).toEqual([]);
  });

  it('are made each hour, and missed after two', async () => {
    const { templates } = await on('kept');
    const schedules = resourcesOf(templates, 'AWS::Scheduler::Schedule').filter(({ id }) =>
      id.startsWith('Checkpoints'),
    );
    expect(schedules.map(({ Properties }) => Properties.ScheduleExpression)).toEqual(['rate(1 hour)']);
    const alarm = resourcesOf(templates, 'AWS::CloudWatch::Alarm').find(({ id }) => id.includes('Checkpoints'));
    expect(alarm?.Properties).toMatchObject({
      MetricName: 'CheckpointHours',
      Dimensions: [{ Name: 'service', Value: 'checkpoint' }],
      Period: 3600,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
    });
  });
});
