import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthOf, healthWords, lateAfterSeconds, silentAfterSeconds } from '../../core/health.ts';
import { later, start } from './builders.ts';

const told = (seconds: number, metrics = {}) =>
  healthOf({ lastHeartbeatAt: start, metrics, stopped: false }, later(start, seconds));

describe('the health of an agent', () => {
  it('follows its last heartbeat', () => {
    expect(healthOf({ stopped: false }, start)).toBe('unknown');
    expect([0, lateAfterSeconds, lateAfterSeconds + 1].map((s) => told(s))).toEqual(['healthy', 'healthy', 'degraded']);
    expect([silentAfterSeconds, silentAfterSeconds + 1].map((s) => told(s))).toEqual(['degraded', 'unreachable']);
  });

  it('and what it told of its intents, where these are enough to say something', () => {
    expect(told(0, { intents_total: 4, intents_failed: 1 })).toBe('degraded');
    expect(told(0, { intents_total: 5, intents_failed: 1 })).toBe('healthy');
    expect(told(0, { intents_total: 3, intents_failed: 3 })).toBe('healthy');
  });

  it('is killed while a stop stands, whatever else', () => {
    fc.assert(
      fc.property(fc.option(fc.nat(1000), { nil: undefined }), fc.nat(10), fc.nat(10), (age, total, failed) => {
        const lastHeartbeatAt = age === undefined ? undefined : start;
        const known = { lastHeartbeatAt, metrics: { intents_total: total, intents_failed: failed } };
        const now = later(start, age ?? 0);
        expect(healthOf({ ...known, stopped: true }, now)).toBe('killed');
        expect(healthOf({ ...known, stopped: false }, now)).not.toBe('killed');
      }),
    );
  });

  it('never gets better by silence', () => {
    const rank = (seconds: number, failed: number) =>
      healthWords.indexOf(told(seconds, { intents_total: 10, intents_failed: failed }));
    fc.assert(
      fc.property(fc.nat(600), fc.nat(600), fc.nat(10), (a, b, failed) => {
        const [sooner, later] = [a, b].sort((x, y) => x - y) as [number, number];
        expect(rank(later, failed)).toBeGreaterThanOrEqual(rank(sooner, failed));
      }),
    );
  });
});
