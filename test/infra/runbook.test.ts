import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runbookSections } from '../../infra/constructs/runbook-alarm.ts';
import { intentTypes } from '../../intents/index.ts';
import { type Resource, resourcesOf, synthesize, type Template } from './synth.ts';

const root = join(import.meta.dirname, '..', '..');
const runbook = readFileSync(join(root, 'docs', 'runbook.md'), 'utf8');
/** Headings of the second level up to the rule, after which other tasks stand. */
const sections = [...(runbook.split(/^---$/m)[0] ?? '').matchAll(/^## (\S+)$/gm)].map(([, name = '']) => name);

let templates: Template[];
let alarms: (Resource & { id: string })[];
const linkOf = ({ Properties }: Resource): string => Properties.AlarmDescription.match(/docs\/runbook\.md#(\S+)$/)?.[1];

beforeAll(async () => {
  ({ templates } = await synthesize());
  alarms = resourcesOf(templates, 'AWS::CloudWatch::Alarm');
});

describe('docs/runbook.md', () => {
  it('has a section for each alarm, and each alarm leads to one', () => {
    expect([...sections].sort()).toEqual([...runbookSections].sort());
    expect([...new Set(alarms.map(linkOf))].sort()).toEqual(sections.map((name) => name.toLowerCase()).sort());
  });

  it('says in each section what it means, what to look at and what to do', () => {
    for (const text of runbook.split(/^## /m).slice(1, 1 + sections.length)) {
      const name = text.split('\n')[0];
      for (const part of ['**What it means', '**Look at', '**Do']) {
        // A table of signs ends in what to do.
        const said = text.includes(part) || (part === '**Do' && text.includes('| do |'));
        expect(said, `${name}: ${part}`).toBe(true);
      }
    }
  });

  it('names only outputs that the stack has', () => {
    const outputs = Object.keys(templates.find(({ name }) => name === 'Holdpoint')?.Outputs ?? {});
    const named = [...runbook.matchAll(/\$\((?:output|arn) (\w+)\)|^(?:peek|output) (\w+)/gm)].map(
      ([, a, b]) => a ?? b,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => name && !outputs.includes(name))).toEqual([]);
  });
});

describe('alarms', () => {
  it('are few: fourteen, one for each intent type, and those of delegation and of procedures', () => {
    expect(alarms).toHaveLength(16 + intentTypes.length);
  });

  it('watch the custom metric under the dimensions that the sweep gives it, and miss it when it stops', () => {
    const stuck = alarms.find((alarm) => linkOf(alarm) === 'stuckruns');
    expect(stuck?.Properties).toMatchObject({
      Namespace: 'Holdpoint',
      MetricName: 'OverdueHeads',
      Dimensions: [{ Name: 'service', Value: 'sweep' }],
      TreatMissingData: 'breaching',
    });
  });

  it('tell a topic if one is configured', async () => {
    const topic = 'arn:aws:sns:eu-central-1:111122223333:on-call';
    const told = await synthesize({ alarmTopicArn: topic });
    for (const { Properties } of resourcesOf(told.templates, 'AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions).toEqual([topic]);
    }
    expect(alarms.filter(({ Properties }) => Properties.AlarmActions)).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('shows every metric that the functions emit, by the same name', () => {
    const [dashboard] = resourcesOf(templates, 'AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const shown = [...body.matchAll(/MetricName=[\\"]+(\w+)/g)].map(([, name = '']) => name);
    const emitted = sources(['adapters', 'functions']).flatMap((text) =>
      [...text.matchAll(/measure\(\s*'(\w+)'/g)].map(([, name = '']) => name),
    );
    // The queue of parked records is shown instead.
    const expected = emitted.filter((name) => name !== 'RecordsParked');
    expect([...new Set(shown)].sort()).toEqual([...new Set(expected)].sort());
    expect(body).toContain('ApproximateNumberOfMessagesVisible');
  });
});

/** The text of every source file below these folders. */
function sources(folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  );
}
