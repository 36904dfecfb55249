/** How an agent is, by what it told last and whether it is stopped. Pure. */

export const healthWords = ['healthy', 'degraded', 'unreachable', 'killed', 'unknown'] as const;
export type Health = (typeof healthWords)[number];

/** What an agent tells of itself with a heartbeat: counts since the one before. */
export interface Metrics {
  intents_total: number;
  intents_succeeded: number;
  intents_failed: number;
  avg_latency_ms: number;
  cost_usd: number;
}

/** Agents tell every half minute: three missed are a sign, ten are silence. */
export const lateAfterSeconds = 90;
export const silentAfterSeconds = 300;

/** From this part of its intents that failed on it is not well, where it had as many as say something. */
const failingFrom = 0.25;
const fewestThatTell = 4;

export interface Told {
  /** ISO 8601. */
  lastHeartbeatAt?: string | undefined;
  metrics?: Partial<Metrics> | undefined;
  stopped: boolean;
}

export function healthOf({ lastHeartbeatAt, metrics, stopped }: Told, now: string): Health {
  if (stopped) return 'killed';
  if (lastHeartbeatAt === undefined) return 'unknown';
  const ageSeconds = (Date.parse(now) - Date.parse(lastHeartbeatAt)) / 1000;
  if (ageSeconds > silentAfterSeconds) return 'unreachable';
  if (ageSeconds > lateAfterSeconds) return 'degraded';
  return isFailing(metrics ?? {}) ? 'degraded' : 'healthy';
}

const isFailing = ({ intents_total = 0, intents_failed = 0 }: Partial<Metrics>): boolean =>
  intents_total >= fewestThatTell && intents_failed / intents_total >= failingFrom;
