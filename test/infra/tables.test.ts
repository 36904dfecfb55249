import { describe, expect, it } from 'vitest';
import {
  decisionsIndex as indexOfAuditors,
  hoursIndex as indexOfCheckpoints,
  askedIndex as indexOfInboxes,
  dueIndex as indexOfTheSweep,
} from '../../adapters/rows.ts';
import { askedIndex, decisionsIndex, dueIndex, hoursIndex } from '../../infra/constructs/tables.ts';
import { resourcesOf, synthesize } from './synth.ts';

const tablesOf = async (stage: 'kept' | 'disposable') => {
  const { templates } = await synthesize({ stage });
  const table = (name: string) =>
    resourcesOf(templates, 'AWS::DynamoDB::GlobalTable').find(({ id }) => id.startsWith(`Tables${name}`));
  return { all: resourcesOf(templates, 'AWS::DynamoDB::GlobalTable'), table, templates };
};

describe('tables', () => {
  it('are billed on demand, recoverable to a point in time, and keyed by pk and sk', async () => {
    const { all, table } = await tablesOf('kept');
    expect(all).toHaveLength(8);
    for (const { id, Properties } of all) {
      expect(Properties.BillingMode, id).toBe('PAY_PER_REQUEST');
      expect(Properties.Replicas[0].PointInTimeRecoverySpecification, id).toEqual({ PointInTimeRecoveryEnabled: true });
      expect(Properties.KeySchema, id).toEqual([
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ]);
    }
    expect(table('Audit')?.Properties.AttributeDefinitions).toContainEqual({ AttributeName: 'sk', AttributeType: 'N' });
  });

  it('Intents has the stream, the expiry and the sparse indexes of what is due, what has changed, who is asked, and lists', async () => {
    const { all, table } = await tablesOf('kept');
    expect(table('Intents')?.Properties).toMatchObject({
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'shard', KeyType: 'HASH' },
            { AttributeName: 'dueAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE' },
        },
        {
          IndexName: 'hours',
          KeySchema: [{ AttributeName: 'hour', KeyType: 'HASH' }],
          // With more in it, every commit would write to it.
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'asked',
          KeySchema: [
            { AttributeName: 'asked', KeyType: 'HASH' },
            { AttributeName: 'place', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
        // By the keys: in the order of ids, which sort by time. Nothing else, so that payloads are stored once.
        ...['listed', 'listedFrom', 'listedTo', 'listedCorrelation'].map((name) => ({
          IndexName: name,
          KeySchema: [
            { AttributeName: name, KeyType: 'HASH' },
            { AttributeName: 'pk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
      ],
    });
    expect([dueIndex, hoursIndex, askedIndex]).toEqual([indexOfTheSweep, indexOfCheckpoints, indexOfInboxes]);
    expect(all.filter(({ Properties }) => Properties.StreamSpecification)).toHaveLength(1);
  });

  it('Audit has the sparse index of decisions, of keys only', async () => {
    const { table } = await tablesOf('kept');
    expect(table('Audit')?.Properties.GlobalSecondaryIndexes).toMatchObject([
      {
        IndexName: 'decisions',
        KeySchema: [
          { AttributeName: 'decidedIn', KeyType: 'HASH' },
          { AttributeName: 'decidedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
    expect(decisionsIndex).toBe(indexOfAuditors);
  });
});

describe('stages', () => {
  const holding = [
    'AWS::DynamoDB::GlobalTable',
    'AWS::KMS::Key',
    'AWS::SecretsManager::Secret',
    'AWS::StepFunctions::StateMachine',
    'AWS::SQS::Queue',
  ];

  it('kept: nothing that holds something goes with the stack, and tables refuse deletion', async () => {
    const { all, templates } = await tablesOf('kept');
    for (const { Properties } of all) expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(true);
    for (const resource of holding.flatMap((type) => resourcesOf(templates, type))) {
      expect([resource.DeletionPolicy, resource.UpdateReplacePolicy], resource.id).toEqual(['Retain', 'Retain']);
    }
  });

  it('disposable: everything goes', async () => {
    const { all, templates } = await tablesOf('disposable');
    for (const { Properties } of all) expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(false);
    for (const template of templates) {
      const kept = Object.entries(template.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
      expect(kept.map(([id]) => id)).toEqual([]);
    }
  });
});
