import { Aws } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';

/**
 * An AWS service acting for this account, and never for somebody else's: the condition keeps a service that serves all
 * accounts from being talked into using our role. Lambda does not document this key for the roles of functions.
 */
export const serviceOfThisAccount = (service: 'states' | 'scheduler'): ServicePrincipal =>
  new ServicePrincipal(`${service}.amazonaws.com`, {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  });
