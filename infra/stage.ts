import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** What may be lost: nothing, or everything. */
export const stages = ['kept', 'disposable'] as const;
export type Stage = (typeof stages)[number];

/** What a stage means for the resources that hold something. */
export const keeping = {
  kept: {
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
    /** Half a year: questions about a decision come with the quarter's books. */
    logRetention: RetentionDays.SIX_MONTHS,
    /** Nobody, not the account's root, can change or remove a checkpoint for this long: six years, as HIPAA keeps documents. */
    checkpointDays: 2192,
  },
  disposable: {
    deletionProtection: false,
    removalPolicy: RemovalPolicy.DESTROY,
    logRetention: RetentionDays.ONE_WEEK,
    checkpointDays: undefined,
  },
} as const satisfies Record<Stage, object>;
