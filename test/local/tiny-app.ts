/** The smallest app with what the local stack needs: an HTTP API with a function that tells what it received, and a secret. */
import { App, CfnOutput, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';

const app = new App();
const stack = new Stack(app, 'Tiny', { env: { account: '000000000000', region: 'us-east-1' } });
const tells = new LambdaFunction(stack, 'Tells', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  timeout: Duration.seconds(5),
  environment: { BASE_URL: app.node.getContext('publicBaseUrl'), PROVIDER_URL: app.node.getContext('providerUrl') },
  code: Code.fromInline(`exports.handler = async (event) => {
    const { rawPath, rawQueryString, headers, body, requestContext: { http: { method } } } = event;
    const { AWS_ENDPOINT_URL, BASE_URL, PROVIDER_URL } = process.env;
    const told = { rawPath, rawQueryString, headers, body, method, AWS_ENDPOINT_URL, BASE_URL, PROVIDER_URL };
    return { statusCode: method === 'OPTIONS' ? 405 : 200, headers: { 'content-type': 'application/json', 'x-told': method }, body: JSON.stringify(told) };
  }`),
});
const api = new HttpApi(stack, 'Api', { defaultIntegration: new HttpLambdaIntegration('Tells', tells) });
const secret = new Secret(stack, 'Provider', { secretStringValue: SecretValue.unsafePlainText('placeholder') });
new CfnOutput(stack, 'ApiUrl', { value: api.apiEndpoint });
new CfnOutput(stack, 'ProviderSecretArn', { value: secret.secretArn });
