import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { describe, expect, inject, it } from 'vitest';
import { leastReserved, loadConfig, parseConfig } from '../../infra/config.ts';

const ada = { id: 'ada', name: 'Ada', mail: 'ada@example.com', roles: ['refunds'] };
const ben = { ...ada, id: 'ben', mail: 'ben@example.com' };
const away = { from: '2026-12-01T00:00:00Z', until: '2026-12-08T00:00:00Z' };
const given = { sender: 'a@example.com', providerUrl: 'https://api.stripe.com', directory: { people: [ada] } };

const door = {
  name: 'orders',
  pattern: { source: ['shop'] },
  tenant: 'acme/shop',
  agent: 'orders',
  intent: { intent_type: 'intent.refund.v1', payload: { order_id: '$.detail.order' } },
};

/** The CDK makes a folder for each app; this one goes with the tests. */
const folder = join(inject('synthFolder'), 'config');

describe('the configuration', () => {
  it("is the file's, with what -c says instead", () => {
    const app = new App({
      outdir: folder,
      context: { stage: 'disposable', publicBaseUrl: 'https://approve.example.com/' },
    });
    const config = loadConfig(app.node);
    expect(config).toMatchObject({ stage: 'disposable', publicBaseUrl: 'https://approve.example.com' });
    expect(config.directory.people.length).toBeGreaterThan(0);
  });

  it('can be another file', () => {
    const app = new App({ outdir: folder, context: { config: 'no-such-file.json' } });
    expect(() => loadConfig(app.node)).toThrow('no-such-file.json');
  });

  it('tells no bus and opens no door unless told otherwise; -c brings both as JSON', () => {
    expect(parseConfig(given, 'test').events).toEqual({ bus: false, doors: [] });
    const events = { bus: true, doors: [door] };
    const app = new App({ outdir: folder, context: { events: JSON.stringify(events) } });
    expect(loadConfig(app.node).events).toEqual({
      bus: true,
      doors: [{ ...door, bus: 'default', key: '$.id' }],
    });
  });

  it.each([
    [1, 11],
    [50, 60],
    [1000, 1200],
  ])('sets functions aside for %i held requests and those that are answered besides: at least %i', (held, least) => {
    expect(leastReserved(held)).toBe(least);
    const streams = { held, reservedConcurrency: least, mcpReservedConcurrency: least };
    expect(parseConfig({ ...given, streams }, 'test').streams).toEqual(streams);
  });

  it('keeps everything unless told otherwise', () => {
    expect(parseConfig(given, 'test').stage).toBe('kept');
  });

  it.each([
    ['a stage that is not one', { stage: 'prod' }],
    ['a sender that is no address', { sender: 'approvals' }],
    ['a bus for what is no tenant', { events: { bus: ['acme'] } }],
    ['a door without an intent type', { events: { doors: [{ ...door, intent: { payload: {} } }] } }],
    ['a door with a path that can’t be read', { events: { doors: [{ ...door, key: '$.no such' }] } }],
    ['a door that every event opens', { events: { doors: [{ ...door, pattern: {} }] } }],
    ['two doors of one name', { events: { doors: [door, door] } }],
    ['no function left to say that all are held', { streams: { held: 10, reservedConcurrency: 10 } }],
    ['too few to say so to several at once', { streams: { held: 10, reservedConcurrency: 19 } }],
    ['too few where many are held', { streams: { held: 1000, reservedConcurrency: 1199 } }],
    ['too few for MCP', { streams: { reservedConcurrency: 60, mcpReservedConcurrency: 59 } }],
    ['webhooks to this machine, where the stage is kept', { localReceivers: ['127.0.0.1'] }],
    ['what is no part of an account', { internalTargets: ['arn:aws:s3:::bucket'] }],
    ['a key with a typo', { publicBaseURL: 'https://x.example' }],
    ['nobody to ask', { directory: { people: [] } }],
    ['two people with one id', { directory: { people: [ada, ada] } }],
    [
      'two people with one mail address',
      { directory: { people: [ada, { ...ada, id: 'ben', mail: 'ADA@example.com' }] } },
    ],
    ['a manager who is not there', { directory: { people: [{ ...ada, manager: 'eve' }] } }],
    ['a backup who is the person', { directory: { people: [{ ...ada, backup: 'ada' }] } }],
    ['a delegate who is not there', { directory: { people: [{ ...ada, away: { ...away, delegate: 'eve' } }] } }],
    [
      'managers in a circle',
      {
        directory: {
          people: [
            { ...ada, manager: 'ben' },
            { ...ben, manager: 'ada' },
          ],
        },
      },
    ],
    [
      'an absence that ends before it begins',
      { directory: { people: [{ ...ada, away: { from: away.until, until: away.from } }] } },
    ],
    ['a time zone that is none', { directory: { people: [{ ...ada, timeZone: 'Mars/Olympus' }] } }],
    ['a pattern of no agent', { directory: { people: [{ ...ada, mayDecideFor: ['*'] }] } }],
    ['a calendar of no time zone', { directory: { people: [ada], calendar: { timeZone: 'Berlin' } } }],
    ['a holiday that is no date', { directory: { people: [ada], calendar: { holidays: ['25.12.'] } } }],
    ['a person without a mail address', { directory: { people: [{ ...ada, mail: 'ada' }] } }],
  ])('refuses %s', (_, wrong) => {
    expect(() => parseConfig({ ...given, ...wrong }, 'my.json')).toThrow('my.json');
  });
});
