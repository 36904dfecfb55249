/** `intent.refund.v1` or `issue_refund` → `IntentRefundV1`, `IssueRefund`: fit for a logical id. */
export const pascalCase = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
