/** What the stack says of mail: sent without tracking or headers of ours, and never received. */

import { beforeAll, expect, it } from 'vitest';
import { resourcesOf, synthesize, type Template } from './synth.ts';

let templates: Template[];
beforeAll(async () => {
  ({ templates } = await synthesize());
});

it('rule 9: no opens or clicks are tracked: SES rewrites no link and adds no picture', () => {
  const [set, ...others] = resourcesOf(templates, 'AWS::SES::ConfigurationSet');
  expect(others).toEqual([]);
  expect(set?.Properties.TrackingOptions).toBeUndefined();
  const told = resourcesOf(templates, 'AWS::SES::ConfigurationSetEventDestination');
  const events = told.flatMap(({ Properties }) => Properties.EventDestination.MatchingEventTypes as string[]);
  expect(events.filter((event) => /^(open|click)$/i.test(event))).toEqual([]);
});

it('rule 18: nobody decides by answering: no mail is received', () => {
  const types = templates.flatMap(({ Resources }) => Object.values(Resources).map(({ Type }) => Type));
  expect(types.filter((type) => /^AWS::SES::(Receipt|MailManager)/.test(type))).toEqual([]);
});

it('rule 22: no header of ours is sent: nobody may send raw mail, only SendEmail is allowed', () => {
  const allowed = new Set(JSON.stringify(templates).match(/\bses:\w+/g));
  expect([...allowed].filter((action) => action.startsWith('ses:Send'))).toEqual(['ses:SendEmail']);
});
