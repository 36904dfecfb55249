/** Deterministic rules over facts: deny, require approval, or allow. Reason codes always; nothing that matches nothing is allowed. */

import type { Chain } from './chain.ts';

/** `assigned`: the intent type's assignment rules say who decides. */
type Deciders = Chain | 'assigned';

type RuleVerdict = { do: 'deny' } | { do: 'allow' } | { do: 'require'; of: Deciders };

export interface Rule<Facts> {
  /** Stable id of the rule, shown to approvers and kept in records. */
  id: string;
  /** Reason code, snake_case. */
  reason: string;
  /** One sentence for the person who reads why. */
  says: string;
  when: (facts: Facts) => boolean;
  verdict: RuleVerdict;
}

export interface Policy<Facts> {
  version: string;
  rules: readonly Rule<Facts>[];
}

export interface FiredRule {
  id: string;
  reason: string;
  says: string;
}

export type Verdict =
  | { outcome: 'denied'; fired: FiredRule[] }
  | { outcome: 'allowed'; fired: FiredRule[] }
  | { outcome: 'approval'; fired: FiredRule[]; of: Deciders };

const nothingMatched: FiredRule = {
  id: 'default-deny',
  reason: 'no_rule_matched',
  says: 'No rule of the policy covers this case.',
};

/**
 * All denials that apply are reported together and win over everything else; otherwise the first rule in order decides.
 * A rule that throws denies: a policy that can't be evaluated never lets anything through.
 */
export function evaluate<Facts>(policy: Policy<Facts>, facts: Facts): Verdict {
  const fired = policy.rules.filter((rule) => holds(rule, facts));
  const denials = fired.filter((rule) => rule.verdict.do === 'deny' || throws(rule, facts));
  if (denials.length > 0) return { outcome: 'denied', fired: denials.map(shown) };
  const first = fired[0];
  if (!first) return { outcome: 'denied', fired: [nothingMatched] };
  if (first.verdict.do === 'require') return { outcome: 'approval', fired: [shown(first)], of: first.verdict.of };
  return { outcome: 'allowed', fired: [shown(first)] };
}

const shown = ({ id, reason, says }: FiredRule): FiredRule => ({ id, reason, says });

function throws<Facts>(rule: Rule<Facts>, facts: Facts): boolean {
  try {
    rule.when(facts);
    return false;
  } catch {
    return true;
  }
}

const holds = <Facts>(rule: Rule<Facts>, facts: Facts): boolean => throws(rule, facts) || rule.when(facts);
