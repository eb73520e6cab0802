import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from '../../test/support/certificates.ts';
import { OpenMetadataRest } from '../../test/support/openmetadata-server/rest.ts';
import {
  startOpenMetadataServer,
  type OpenMetadataServer,
} from '../../test/support/openmetadata-server/server.ts';
import { Interface } from '../../test/support/openmetadata-server/ui.ts';
import type { Place } from '../setup.ts';
import type { Calls } from './calls.ts';

/** The double of an OpenMetadata server, and a person at its interface. */
export interface DemoServer {
  readonly double: OpenMetadataServer;
  readonly ui: Interface;
  readonly caFile: string;
  /** `serverSettings` of `control-plane openmetadata add`. */
  configure(settings: Readonly<Record<string, string>>, controlPlaneCa: string): void;
  close(): Promise<void>;
}

const PERSON = 'token-of-the-administrator';
const POLL_MS = 300;

export async function startDemoServer(place: Place, calls: Calls): Promise<DemoServer> {
  const authority = await createAuthority();
  const double = await startOpenMetadataServer(authority, { host: '127.0.0.1' });
  double.tokens.add('token-of-the-ingestion-bot');
  double.people.set(PERSON, 'admin');
  double.watchBot((call, status) =>
    calls.add({ from: 'control plane', to: 'OpenMetadata', call, status }),
  );
  const rest = new OpenMetadataRest(double.hostPort, PERSON, authority.caPem);
  rest.onSend = (method, path) =>
    calls.add({ from: 'browser', to: 'OpenMetadata', call: `${method} ${path}`, status: 0 });
  const caFile = join(place.directory, 'openmetadata-ca.pem');
  writeFileSync(caFile, authority.caPem);
  return {
    double,
    ui: new Interface(rest, POLL_MS),
    caFile,
    configure: (settings, caPem) => {
      const client = double.usePipelineService({
        endpoint: settings['PIPELINE_SERVICE_CLIENT_ENDPOINT']!,
        username: settings['AIRFLOW_USERNAME']!,
        password: settings['AIRFLOW_PASSWORD']!,
        caPem,
      })!;
      client.onCall = ({ method, path, status, answer }) =>
        calls.add({
          from: 'OpenMetadata',
          to: 'control plane',
          call: `${method} ${path}`,
          status,
          ...(answer.length > 0 && answer.length < 120 ? { says: answer } : {}),
        });
    },
    close: async () => {
      rest.close();
      await double.close();
    },
  };
}
