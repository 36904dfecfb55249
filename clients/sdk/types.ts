/** What goes over the wire, as the deployment's own schemas have it. */

import type * as z from 'zod';
import type { gotAgent, listedAgents } from '../../wire/account-answers.ts';
import type {
  claimed,
  created,
  gotIntent,
  listedEvents,
  listedIntents,
  listedMailbox,
  released,
  resolved,
  resumed,
} from '../../wire/answers.ts';
import type {
  agentAnswer,
  agentProgress,
  claimIntent,
  createIntent,
  eventsQuery,
  intentsQuery,
  releaseIntent,
  resolveIntent,
  resumeIntent,
} from '../../wire/intents.ts';
import type { appliedScenario, validatedScenario } from '../../wire/scenario-answers.ts';
import type { bundle } from '../../wire/scenarios.ts';
import type {
  approved,
  commented,
  decidedTask,
  gotTask,
  gotThread,
  handedOver,
  listedMine,
  listedPeople,
  listedTasks,
  recalled,
} from '../../wire/task-answers.ts';
import type {
  commentTask,
  decideApproval,
  decideTask,
  decideThread,
  handOver,
  peopleQuery,
  resumeAsPerson,
  tasksQuery,
  withNote,
} from '../../wire/tasks.ts';

export type NewIntent = z.input<typeof createIntent>;
export type HumanTask = NonNullable<NewIntent['human_task']>;
export type Created = z.infer<typeof created>;
export type Intent = z.infer<typeof gotIntent>['intent'];
export type Status = Intent['status'];
export type IntentsQuery = Omit<z.input<typeof intentsQuery>, 'status' | 'limit'> & {
  status?: readonly Status[] | undefined;
  limit?: number | undefined;
};
export type IntentsPage = z.infer<typeof listedIntents>;
export type EventsQuery = { [Key in keyof z.infer<typeof eventsQuery>]?: number | undefined };
export type IntentEvent = z.infer<typeof listedEvents>['events'][number];
export type Resolution = z.input<typeof resolveIntent>;
export type Resolved = z.infer<typeof resolved>;
export type AgentAnswer =
  | z.input<typeof agentProgress>
  | z.input<typeof agentAnswer>
  | z.input<typeof resumeIntent>
  | z.input<typeof resumeAsPerson>;
export type Resumed = Resolved | z.infer<typeof resumed> | z.infer<typeof gotIntent>;
export type ClaimWish = z.input<typeof claimIntent>;
export type Claimed = z.infer<typeof claimed>;
export type ReleaseWish = z.input<typeof releaseIntent>;
export type Released = z.infer<typeof released>;
export type MailboxPage = z.infer<typeof listedMailbox>;
export type Entry = MailboxPage['intents'][number];

export type Task = z.infer<typeof gotTask>['task'];
export type TasksQuery = Omit<z.input<typeof tasksQuery>, 'limit'> & { limit?: number | undefined };
export type TasksPage = z.infer<typeof listedTasks>;
export type MyTask = z.infer<typeof listedMine>['tasks'][number];
export type TaskDecision = z.input<typeof decideTask>;
export type DecidedTask = z.infer<typeof decidedTask>;
export type HandOver = z.input<typeof handOver>;
export type HandedOver = z.infer<typeof handedOver>;
export type Note = z.input<typeof withNote>;
export type Recalled = z.infer<typeof recalled>;
export type Comment = z.input<typeof commentTask>;
export type Commented = z.infer<typeof commented>;
export type ApprovalDecision = z.input<typeof decideApproval>;
export type Approval = z.infer<typeof approved>['approval'];
export type ThreadDecision = z.input<typeof decideThread>;
export type Thread = z.infer<typeof gotThread>['thread'];
export type PeopleQuery = z.input<typeof peopleQuery>;
export type Person = z.infer<typeof listedPeople>['people'][number];

export type Agent = z.infer<typeof listedAgents>['agents'][number];
export type AgentDetails = z.infer<typeof gotAgent>['agent'];

export type Scenario = z.input<typeof bundle>;
export type ValidatedScenario = z.infer<typeof validatedScenario>;
export type AppliedScenario = z.infer<typeof appliedScenario>;
