/** Budgets as an operator sets them, and what of them is used up, counted beside the store. */

import { type Cap, meterable, type SpendKind, scopeOf, windowAt } from '../../core/budget.ts';
import type { SealedCommit } from '../../core/commit.ts';

export type Capped = ReturnType<typeof meterable>[number];

export class Budgets {
  /** By tenant and scope. */
  readonly #caps = new Map<string, readonly Cap[]>();
  /** By tenant, scope, window and kind. */
  readonly #used = new Map<string, number>();

  set(tenant: string, target: Capped, caps: readonly Cap[]): void {
    this.#caps.set(`${tenant}#${scopeOf({ target })}`, caps);
  }

  /** Counts a commit; says what went over its cap. What is used while there is no cap is not counted. */
  count({ head, record, spends = {}, returns }: SealedCommit): string | undefined {
    const over: string[] = [];
    for (const { scope, cell, amount } of returns)
      this.#add(`${head.tenant}#${scope}#${cell.split('#').slice(0, 3).join('#')}`, -amount);
    for (const target of meterable(head)) {
      const whose = `${head.tenant}#${scopeOf({ target })}`;
      for (const { kind, window, most } of this.#caps.get(whose) ?? []) {
        const amount = spends[kind as SpendKind] ?? 0;
        const used = this.#add(`${whose}#${windowAt(window, record.at).key}#${kind}`, amount);
        if (amount > 0 && used > most) over.push(`${kind} of ${most} per ${window}: ${used}`);
      }
    }
    return over[0];
  }

  #add(key: string, amount: number): number {
    const used = (this.#used.get(key) ?? 0) + amount;
    this.#used.set(key, used);
    return used;
  }
}
