/** An Allow that names `*` in an action or a resource, and why it can't name less. */
export interface Wildcard {
  actions: readonly string[];
  /** `*`, or the end of the resource that is named before it. */
  resource: '*' | `/${string}/*`;
  reason: string;
}

/**
 * The only places where a policy of this deployment may say `*`; `test/infra/wildcards.test.ts` holds the templates to it.
 * What "has no resource" means is in the Service Authorization Reference: such an action can only be allowed on `*`.
 */
export const wildcards: readonly Wildcard[] = [
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    resource: '*',
    reason: 'Tracing of functions and state machines; X-Ray segments and sampling have no resource.',
  },
  {
    actions: [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    resource: '*',
    reason: 'State machines deliver their logs through vended log deliveries, which have no resource.',
  },
  {
    actions: ['dynamodb:ListStreams'],
    resource: '*',
    reason:
      'Lambda lists streams before it reads one; listing has no resource. Reading is allowed on the one stream only.',
  },
  {
    actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
    resource: '*',
    reason:
      'The reference gives them no resource: what is named is the token, which only the task row holds. The CDK names the state machine and has seen that work, but nothing documents it, and without this right no run wakes.',
  },
  ...(['/uploads/*', '/media/*', '/resume-state/*'] as const).map((resource) => ({
    actions: ['s3:GetObject', 's3:PutObject'],
    resource,
    reason: 'Files of one bucket, below this prefix: their names hold ids and hashes that no template knows.',
  })),
  {
    actions: ['s3:GetObject', 's3:PutObject'],
    resource: '/checkpoints/*',
    reason: 'The objects of one bucket that are checkpoints: each has its number for a name.',
  },
  {
    actions: ['kms:*'],
    resource: '*',
    reason:
      'In a key policy `*` is this key. Without the account as its administrator nobody could manage it; IAM still decides who may.',
  },
];
