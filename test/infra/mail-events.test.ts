import { expect, it } from 'vitest';
import { type Resource, resourcesOf, synthesize } from './synth.ts';

it('what comes back of this deployment’s mails goes to one function, three times, and then to the parked queue', async () => {
  const { templates } = await synthesize();
  const onlyOne = (type: string) => {
    const [found, ...more] = resourcesOf(templates, type);
    expect(more, type).toEqual([]);
    return found as Resource & { id: string };
  };
  const set = { Ref: onlyOne('AWS::SES::ConfigurationSet').id };
  const { ConfigurationSetName, EventDestination } = onlyOne('AWS::SES::ConfigurationSetEventDestination').Properties;
  expect({ ConfigurationSetName, ...EventDestination }).toMatchObject({
    ConfigurationSetName: set,
    Enabled: true,
    MatchingEventTypes: ['bounce', 'complaint'],
  });
  expect(JSON.stringify(EventDestination.EventBridgeDestination.EventBusArn)).toContain('event-bus/default');
  const { EventPattern, Targets } = onlyOne('AWS::Events::Rule').Properties;
  expect(EventPattern).toEqual({
    source: ['aws.ses'],
    'detail-type': ['Email Bounced', 'Email Complaint Received'],
    detail: { mail: { tags: { 'ses:configuration-set': [set] } } },
  });
  const calls = onlyOne('AWS::Lambda::EventInvokeConfig').Properties;
  expect(calls.MaximumRetryAttempts).toBe(2);
  expect(Targets).toHaveLength(1);
  expect(Targets[0].DeadLetterConfig.Arn).toEqual(calls.DestinationConfig.OnFailure.Destination);
  expect(JSON.stringify(calls.DestinationConfig)).toContain('Parked');
});
