import type { Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { createAuthority } from './certificates.ts';
import { LocalRunner } from './local-runner.ts';
import { startOpenMetadataServer, type OpenMetadataServer } from './openmetadata-server/server.ts';

export const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJpbmdlc3Rpb24tYm90In0.c2lnbmF0dXJl';
const REFERENCE = 'secret:/openmetadata/bot';
const PIPELINE = 'crm.nightly';

/**
 * An OpenMetadata server of its own, and an installed runner that may write to it with a bot's
 * token.
 */
export class OpenMetadataScene {
  readonly server: OpenMetadataServer;
  readonly runner: LocalRunner;

  private constructor(server: OpenMetadataServer, runner: LocalRunner) {
    this.server = server;
    this.runner = runner;
  }

  static async open(sandbox: Sandbox): Promise<OpenMetadataScene> {
    const authority = await createAuthority();
    const server = await startOpenMetadataServer(authority);
    server.tokens.add(TOKEN);
    server.state.pipelines.add(PIPELINE);
    const { host, port } = server;
    const runner = await LocalRunner.install(sandbox, {
      connectTo: [`${host}:${port}=127.0.0.1:${port}`],
      caPem: authority.caPem,
      rules: [
        {
          ref: '/openmetadata/bot',
          connector: 'openmetadata',
          fields: ['jwtToken'],
          hosts: [`${host}:${port}`],
        },
      ],
    });
    await runner.store({ [REFERENCE]: TOKEN });
    return new OpenMetadataScene(server, runner);
  }

  /** A workflow with the server as its sink; `config` goes over the server's. */
  workflow(
    config: Readonly<Record<string, unknown>> = {},
    more: Readonly<Record<string, unknown>> = {},
  ): Record<string, unknown> {
    return this.runner.workflow({
      sink: { type: 'metadata-rest', config: {} },
      workflowConfig: {
        openMetadataServerConfig: {
          hostPort: this.server.hostPort,
          authProvider: 'openmetadata',
          securityConfig: { jwtToken: REFERENCE },
          ...config,
        },
      },
      ingestionPipelineFQN: PIPELINE,
      ...more,
    });
  }

  /** How runs were said to go, in order. */
  statuses(): unknown[] {
    return this.server.state.statuses.map(({ pipelineState }) => pipelineState);
  }

  async close(): Promise<void> {
    this.runner.close();
    await this.server.close();
  }
}
