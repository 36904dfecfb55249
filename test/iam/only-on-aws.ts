/** Rights that no call of a function uses in the local AWS, and why AWS needs them. */

export interface OnlyOnAws {
  /** Of this function only. */
  function?: string;
  actions: readonly string[];
  /** Resources as in `names.ts`. */
  resource: RegExp;
  reason: string;
}

export const onlyOnAws: readonly OnlyOnAws[] = [
  {
    actions: ['s3:ListBucket'],
    resource: /^checkpoint bucket$/,
    reason: 'Without it S3 answers 403 for a checkpoint that is not there yet; the local AWS answers 404 all the same.',
  },
  {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resource: /^its log group$/,
    reason: "Lambda delivers a function's logs with the function's role; the local AWS writes them itself.",
  },
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    resource: /^\*$/,
    reason: "Lambda delivers traces with the function's role; the local AWS has no X-Ray.",
  },
  {
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resource: /^(runs|mail|deliver|push|announce|callbacks) queue$/,
    reason: "Lambda polls the queue with the function's role; the local AWS reads it from within.",
  },
  {
    function: 'mail-events',
    actions: ['sqs:SendMessage'],
    resource: /^parked queue$/,
    reason:
      "Lambda parks an event that the function could not work off, with the function's role; the local AWS does not.",
  },
  {
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    resource: /^Intents stream$/,
    reason: "Lambda reads the stream with the function's role; the local AWS reads it from within.",
  },
  {
    actions: ['dynamodb:ListStreams'],
    resource: /^\*$/,
    reason: 'Lambda asks for it before it reads a stream.',
  },
  {
    actions: ['ses:SendEmail'],
    resource: /^identity holdpoint\.example$/,
    reason: 'Used where the domain is verified and not the address; the local AWS verifies the address.',
  },
  {
    actions: ['ses:SendEmail'],
    resource: /^identity ((ada|ben|cleo)@)?example\.com$/,
    reason: "In the SES sandbox, sending is authorized on the recipient's identity too: the address or its domain.",
  },
];
