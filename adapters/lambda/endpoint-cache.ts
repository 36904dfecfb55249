/**
 * Stands in the bundle for `@aws-sdk/endpoint-cache`, of 8 KB. DynamoDB's client makes one when it starts, and none of its
 * commands asks it anything: where tables lie is known, not discovered.
 */
export class EndpointCache {}
