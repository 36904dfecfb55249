/** The plan: what would be executed. What a person approves is its hash. */

import { hashOf } from './hash.ts';
import type { JsonObject } from './json.ts';

export type EffectClass = 'read' | 'reversible' | 'money' | 'access' | 'destructive';

/** One line of the before/after that an approver sees. */
export interface Change {
  what: string;
  before: string;
  after: string;
}

export interface Action {
  tool: string;
  args: JsonObject;
  /** The effect's id: one per action of an intent, the same for every attempt. */
  idempotency_key: string;
  changes: Change[];
}

export const riskCategories = ['low', 'medium', 'high'] as const;

export type RiskCategory = (typeof riskCategories)[number];

export interface Risk {
  category: RiskCategory;
  /** 0 to 100. */
  score: number;
  reasons: string[];
}

export interface Plan {
  /** Of a later revision, its number: each has a hash of its own, also where nothing else is different. */
  revision?: number;
  objective: string;
  actions: Action[];
  risk: Risk;
  requires_approval: boolean;
  policy_version: string;
  tool_versions: Record<string, string>;
}

const riskOfClass: Record<EffectClass, Omit<Risk, 'reasons'>> = {
  read: { category: 'low', score: 5 },
  reversible: { category: 'low', score: 25 },
  access: { category: 'high', score: 75 },
  money: { category: 'high', score: 75 },
  destructive: { category: 'high', score: 95 },
};

/** The risk of a plan, where its type says nothing of it: that of its most dangerous action's effect class. */
export function riskOf(classes: readonly EffectClass[]): Risk {
  const worst = [...classes].sort((a, b) => riskOfClass[b].score - riskOfClass[a].score)[0] ?? 'read';
  return { ...riskOfClass[worst], reasons: [`effect_class:${worst}`] };
}

export const planHash = (plan: Plan): string => hashOf(plan);

/** How much of a hash a person is shown where space is short (mail, page head). */
export const shortHash = (hash: string): string => hash.slice(0, 12);

/** The effect id of an intent's n-th action (from 1). Provider keys append the attempt: `<effectId>-<attempt>`. */
export const effectIdOf = (intentId: string, action: number): string => `${intentId}.${action}`;
