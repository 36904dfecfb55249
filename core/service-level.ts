/** Service levels as they are declared: what happens, and when, while nobody decides. */

/** Relative to those who are asked and have not decided; or the id or mail address of a person, or the name of a role. */
type EscalateTo = 'manager' | 'backup' | 'role' | (string & {});

interface Timed {
  /** Since the task's step began. */
  afterSeconds: number;
  /** Only the working time of those who are asked counts. */
  businessHours?: boolean | undefined;
}

export interface RemindRule extends Timed {
  /** Between reminders; default: as long as until the first. */
  everySeconds?: number | undefined;
  /** 0: none. Default 1; where `everySeconds` is named, as many as there may be. */
  times?: number | undefined;
  /** One more, this long before the end. */
  finalSeconds?: number | undefined;
}

export interface EscalateRule extends Timed {
  /** Default: the managers; where none is found, the backups; else everyone of the role. Whoever is asked already is left out. */
  to?: EscalateTo | undefined;
  /** `adds`, the default: the others may still decide. `replaces`: they may not any more. */
  how?: 'adds' | 'replaces' | undefined;
}

interface ExpireRule extends Timed {
  /** What counts as decided then; without one the intent has timed out. Only what the intent type allows. */
  outcome?: string | undefined;
  /** Operators are asked then how it ends, and it waits for them; see rules/expiry.ts. Never beside an outcome. */
  opens?: 'override' | undefined;
}

/** What a level names goes before what the one below it names; part by part, each part whole. */
export interface ServiceLevel {
  /** For the parts that don't say it themselves. */
  businessHours?: boolean | undefined;
  remind?: RemindRule | undefined;
  /** Empty: never. */
  escalate?: readonly EscalateRule[] | undefined;
  expire?: ExpireRule | undefined;
}

/** Which declaration a rung comes from; `deadline`: the intent's own deadline cut the ladder there. */
export const levelSources = ['default', 'task_type', 'intent_type', 'intent', 'deadline'] as const;
export type LevelSource = (typeof levelSources)[number];

type From<Rule> = Rule & { from: LevelSource };

/** All levels in one. */
export interface Level {
  businessHours: boolean;
  remind: From<RemindRule>;
  escalate: readonly From<EscalateRule>[];
  expire: From<ExpireRule>;
}

const day = 86_400;

export const defaultEscalation: EscalateRule = { afterSeconds: 2 * day };

/** Where nothing else is declared. */
export const defaultLevel: Level = {
  businessHours: false,
  remind: { afterSeconds: day, from: 'default' },
  escalate: [{ ...defaultEscalation, from: 'default' }],
  expire: { afterSeconds: 3 * day, from: 'default' },
};

/** The longest that any part of a level may take, seconds. A run's waits end far sooner than its year. */
export const maxLevelSeconds = 90 * day;

/** More help nobody, and would make a task's row grow without bound. */
export const maxReminders = 20;
export const maxEscalations = 5;

/** `above` goes before `below`. */
export const merged = (below: Level, from: LevelSource, above: ServiceLevel = {}): Level => ({
  businessHours: above.businessHours ?? below.businessHours,
  remind: above.remind ? { ...above.remind, from } : below.remind,
  escalate: above.escalate ? above.escalate.map((rule) => ({ ...rule, from })) : below.escalate,
  expire: above.expire ? { ...above.expire, from } : below.expire,
});

const isTime = (seconds: number | undefined): boolean =>
  seconds === undefined || (Number.isInteger(seconds) && seconds >= 1 && seconds <= maxLevelSeconds);

/** What is wrong with a declared level, as `path: why`; the texts of an intent are checked by their schema. */
export function faultsOf({ remind, escalate = [], expire }: ServiceLevel): string[] {
  const times: [string, number | undefined][] = [
    ['remind.afterSeconds', remind?.afterSeconds],
    ['remind.everySeconds', remind?.everySeconds],
    ['remind.finalSeconds', remind?.finalSeconds],
    ...escalate.map((rule, i): [string, number] => [`escalate.${i}.afterSeconds`, rule.afterSeconds]),
    ['expire.afterSeconds', expire?.afterSeconds],
  ];
  const reminders = remind?.times ?? 1;
  return [
    ...times.filter(([, seconds]) => !isTime(seconds)).map(([path]) => `${path}: 1 to ${maxLevelSeconds} seconds`),
    ...(Number.isInteger(reminders) && reminders >= 0 && reminders <= maxReminders
      ? []
      : [`remind.times: 0 to ${maxReminders}`]),
    ...(escalate.length <= maxEscalations ? [] : [`escalate: at most ${maxEscalations}`]),
    ...(expire?.opens !== undefined && expire.outcome !== undefined ? ['expire.opens: not beside an outcome'] : []),
  ];
}
