/** What `holdpoint doctor` finds. */

export type State = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  state: State;
  says: string;
  /** What to do, where something is to be done. */
  fix?: string;
}

export type Check = Finding[];

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says });
export const skipped = (check: string, why: string): Finding => ({
  check,
  state: 'skipped',
  says: `Not looked at: ${why}`,
});
export const warning = (check: string, says: string, fix: string): Finding => ({ check, state: 'warning', says, fix });
export const failed = (check: string, says: string, fix: string): Finding => ({ check, state: 'failed', says, fix });
