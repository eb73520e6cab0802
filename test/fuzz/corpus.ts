import { generateKeyPairSync } from 'node:crypto';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { encodeVault, newVault, sealValue } from '../../src/secrets/vault/format.ts';
import { encodeHeader, encodeRecord, recordBytes } from '../../src/spool/segment.ts';

export const VAULT_KEY = Buffer.alloc(32, 7);

export const texts = (...inputs: readonly string[]): Buffer[] =>
  inputs.map((input) => Buffer.from(input));

export function json(...values: readonly unknown[]): Buffer[] {
  return values.map((value) => Buffer.from(JSON.stringify(value)));
}

export function vaultFile(): Buffer {
  const empty = newVault(systemRandom);
  const head = {
    ref: 'secret:/a',
    version: 1,
    generation: 1,
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
  const records = [sealValue(empty, head, 'a value', systemRandom)];
  return encodeVault({ ...empty, generation: 1, records }, [VAULT_KEY], systemRandom);
}

export function segment(count: number): Buffer {
  let file = encodeHeader(1);
  for (let sequence = 1; sequence <= count; sequence++) {
    const record = {
      sequence,
      payload: Buffer.from(`{"n":${sequence}}`),
      last: sequence === count,
    };
    const bytes = Buffer.alloc(recordBytes(record));
    encodeRecord(record, 16, bytes, 0);
    file = Buffer.concat([file, bytes]);
  }
  return file;
}

export const POLICY = `version: 1
network: {allowPrivateAddresses: false, jobCertificateAuthorities: local}
files: {directory: /etc/ssl/jobs}
secrets:
  - ref: /salesforce/prod/*
    connector: salesforce
    fields: [password, securityToken, sslConfig.sslKey]
    hosts: [acme.my.salesforce.com, "login.salesforce.com:8443"]
    users: [runner@acme.example]
    organizations: [00D5e000000AbCdEAK]
    kinds: [metadata]
    times: [{days: [mon], from: "20:00", to: "06:00", timeZone: Europe/Zurich}]
    maxReadsPerHour: 10
salesforce: {sampleRows: allow, reservePercent: 30, maxApiCallsPerRun: 2000}
`;

export const LOGIN = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body>
<loginResponse><result><passwordExpired>false</passwordExpired><serverUrl>https://acme.my.salesforce.com/services/Soap/u/64.0/00D</serverUrl>
<sessionId>00D!AQ&amp;x</sessionId><userInfo><organizationId>00D5e000000AbCdEAK</organizationId></userInfo></result></loginResponse>
</soapenv:Body></soapenv:Envelope>`;

export const FAULT = `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid &#117;ser</faultstring>
<detail><sf:LoginFault xmlns:sf="urn:fault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode></sf:LoginFault></detail>
</soapenv:Fault></soapenv:Body></soapenv:Envelope>`;

export const FIELD = {
  name: 'Name',
  label: 'Name',
  type: 'string',
  length: 80,
  nillable: true,
  unique: false,
  referenceTo: ['Account'],
  relationshipName: 'Parent',
  precision: 18,
  scale: 2,
  picklistValues: [{ value: 'a', label: 'A', active: true, defaultValue: false }],
};

export const SOBJECT = {
  name: 'Account',
  label: 'Account',
  labelPlural: 'Accounts',
  custom: false,
  customSetting: false,
  keyPrefix: '001',
  queryable: true,
  layoutable: true,
};

export const COMPOSITE = {
  compositeResponse: [
    {
      body: {
        ...SOBJECT,
        fields: [FIELD, { ...FIELD, label: 'é"\\' }],
        urls: {},
        childRelationships: [{ a: 1 }],
      },
      httpStatusCode: 200,
      referenceId: 'r0',
    },
    { body: [{ errorCode: 'NOT_FOUND', message: 'x' }], httpStatusCode: 404, referenceId: 'r1' },
  ],
};

export const WORKFLOW = {
  source: {
    type: 'salesforce',
    serviceName: 'prod',
    serviceConnection: {
      config: {
        type: 'Salesforce',
        username: 'u',
        password: 'secret:/a/b',
        securityToken: '${secret:/c}',
        sslConfig: { caCertificate: '/etc/ca.pem' },
      },
    },
    sourceConfig: {
      config: { type: 'DatabaseMetadata', tableFilterPattern: { includes: ['^A.*$'] } },
    },
  },
  sink: { type: 'metadata-rest', config: {} },
  workflowConfig: { loggerLevel: 'INFO', openMetadataServerConfig: { hostPort: 'https://om/api' } },
};

export function jws(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const statement = { aud: ['pool:eu'], exp: 2, kind: 'metadata', name: 'n', nbf: 1, workflow: {} };
  const head = { alg: 'EdDSA', kid: 'k'.repeat(43), typ: 'hybrid-runner-job' };
  return [part(head), part(statement), Buffer.alloc(64, 1).toString('base64url')].join('.');
}

export const STATEMENT =
  '{"aud":["pool:eu"],"exp":2,"kind":"metadata","name":"n","nbf":1,"workflow":{"a":1}}';

export function pemKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
}

export const SIGNERS = `release namespaces="hybrid-runner-release",valid-after="20260101" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBTl3ZVCuJMJSBhPwQbnoIhlF1mYpEYH7cAbOXyfB3u+ name\n`;

/** An OpenSSH signature, complete in form; its key is not a trusted one. */
export const SIGNATURE = `-----BEGIN SSH SIGNATURE-----
${sshSignature().replaceAll(/.{70}/g, '$&\n')}
-----END SSH SIGNATURE-----
`;

function sshSignature(): string {
  const field = (bytes: Buffer | string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(bytes));
    return Buffer.concat([length, Buffer.from(bytes)]);
  };
  const key = Buffer.concat([field('ssh-ed25519'), field(Buffer.alloc(32, 9))]);
  const signature = Buffer.concat([field('ssh-ed25519'), field(Buffer.alloc(64, 3))]);
  const fields = [key, 'hybrid-runner-release', '', 'sha512', signature].map(field);
  return Buffer.concat([Buffer.from('SSHSIG'), Buffer.from([0, 0, 0, 1]), ...fields]).toString(
    'base64',
  );
}

export const PIPELINE = {
  id: 'a',
  name: 'prod_metadata',
  pipelineType: 'metadata',
  enabled: true,
  updatedAt: 1,
  airflowConfig: {
    scheduleInterval: '0 0 * * *',
    startDate: '2026-01-01',
    pipelineTimezone: 'UTC',
    retries: 3,
    retryDelay: 300,
    workflowTimeout: 60,
  },
  service: { id: 's', type: 'databaseService', name: 'prod' },
  sourceConfig: { config: { type: 'DatabaseMetadata' } },
};
