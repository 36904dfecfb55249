/** The deployment's bus, and the doors for events of one. */

import { beforeAll, describe, expect, it } from 'vitest';
import { wildcards } from '../../infra/wildcards.ts';
import { allowed, literalText, type Resource, resourcesOf, synthesize, type Template, withDoor } from './synth.ts';

let templates: Template[];
beforeAll(async () => {
  ({ templates } = await synthesize(withDoor));
});

const onlyOne = (type: string, begins = ''): Resource & { id: string } => {
  const [found, ...more] = resourcesOf(templates, type).filter(({ id }) => id.startsWith(begins));
  expect(more.map(({ id }) => id)).toEqual([]);
  return found as Resource & { id: string };
};

describe('the bus', () => {
  it('is there, and takes events of one function alone', async () => {
    const bus = onlyOne('AWS::Events::EventBus');
    const puts = allowed(templates).filter(({ actions }) => actions.includes('events:PutEvents'));
    expect(puts.map(({ holder, resources }) => [holder.replace(/Role.*/, ''), resources])).toEqual([
      ['Announce', [{ 'Fn::GetAtt': [bus.id, 'Arn'] }]],
    ]);
    expect(resourcesOf(templates, 'AWS::Events::EventBusPolicy')).toEqual([]);
  });
});

describe('a door', () => {
  it('is a rule with the declared pattern, whose events come whole, with the door’s name', () => {
    const rule = onlyOne('AWS::Events::Rule', 'EventDoors');
    expect(rule.Properties).toMatchObject({
      EventPattern: withDoor.events.doors[0]?.pattern,
      EventBusName: { Ref: onlyOne('AWS::Events::EventBus').id },
    });
    const [target, ...more] = rule.Properties.Targets;
    expect(more).toEqual([]);
    expect(target.InputTransformer.InputTemplate).toBe('{"door":"orders","event":<aws.events.event.json>}');
    expect(JSON.stringify(target.DeadLetterConfig)).toContain('Parked');
    expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 6 * 3600 });
  });

  it('leads to one function, which is called by its rules alone, and parks what fails', () => {
    const rule = onlyOne('AWS::Events::Rule', 'EventDoors');
    const permissions = resourcesOf(templates, 'AWS::Lambda::Permission').filter(({ Properties }) =>
      JSON.stringify(Properties.FunctionName).includes('EventDoorLive'),
    );
    expect(permissions.map(({ Properties }) => [Properties.Principal, Properties.SourceArn])).toEqual([
      ['events.amazonaws.com', { 'Fn::GetAtt': [rule.id, 'Arn'] }],
    ]);
    const calls = onlyOne('AWS::Lambda::EventInvokeConfig', 'EventDoors').Properties;
    expect(calls).toMatchObject({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 6 * 3600 });
    expect(JSON.stringify(calls.DestinationConfig)).toContain('Parked');
  });

  it('takes no right on everything', () => {
    const listed = wildcards.flatMap(({ actions }) => actions);
    const wild = allowed(templates).filter(
      ({ holder, resources }) =>
        holder.startsWith('EventDoor') && resources.map(literalText).some((text) => text.includes('*')),
    );
    expect(wild.filter(({ actions }) => actions.some((action) => !listed.includes(action)))).toEqual([]);
  });

  it('is not there, nor its function, where none is declared', async () => {
    const { templates: plain } = await synthesize();
    const text = JSON.stringify(plain);
    expect(text).not.toContain('EventDoor');
  });
});
