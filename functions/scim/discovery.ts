/** What an identity provider asks first: what is supported, which resources there are, which attributes they have. */

import { maxPage, schemaIds } from '../../wire/scim.ts';

const off = { supported: false };

export const serviceProviderConfig = (base: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { ...off, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: maxPage },
  changePassword: off,
  sort: off,
  etag: off,
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'Made by holdpoint people scim-token',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
});

const resourceType = (base: string, name: 'User' | 'Group', schema: string, extensions: string[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id: name,
  name,
  endpoint: `/${name}s`,
  schema,
  schemaExtensions: extensions.map((one) => ({ schema: one, required: false })),
  meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
});

export const resourceTypes = (base: string) => [
  resourceType(base, 'User', schemaIds.user, [schemaIds.enterprise]),
  resourceType(base, 'Group', schemaIds.group, []),
];

interface Attribute {
  name: string;
  type: string;
  multiValued: boolean;
  required: boolean;
  caseExact: boolean;
  mutability: string;
  returned: string;
  uniqueness: string;
  subAttributes?: Attribute[];
}

const attribute = (name: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: more.subAttributes ? 'complex' : 'string',
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
});

const values = (...names: string[]): Partial<Attribute> => ({
  multiValued: true,
  subAttributes: names.map((name) => attribute(name, name === 'primary' ? { type: 'boolean' } : {})),
});

const schema = (base: string, id: string, name: string, attributes: Attribute[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name,
  attributes,
  meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
});

/** Only what is used is kept, and so only that is said. */
export const schemas = (base: string) => [
  schema(base, schemaIds.user, 'User', [
    attribute('userName', { required: true, uniqueness: 'server' }),
    attribute('externalId', { caseExact: true }),
    attribute('active', { type: 'boolean' }),
    attribute('displayName'),
    attribute('name', { subAttributes: ['formatted', 'givenName', 'familyName'].map((one) => attribute(one)) }),
    attribute('emails', values('value', 'type', 'primary')),
    attribute('addresses', values('type', 'region', 'country')),
    attribute('timezone'),
    attribute('groups', { ...values('value', 'display', '$ref'), mutability: 'readOnly' }),
  ]),
  schema(base, schemaIds.enterprise, 'EnterpriseUser', [
    attribute('manager', { subAttributes: [attribute('value', { caseExact: true })] }),
  ]),
  schema(base, schemaIds.group, 'Group', [
    attribute('displayName', { required: true, uniqueness: 'server' }),
    attribute('externalId', { caseExact: true }),
    attribute('members', values('value', 'display', '$ref')),
  ]),
];
