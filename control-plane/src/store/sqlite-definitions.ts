import { json, type Row, type Statements } from './sqlite-statements.ts';
import type { Origin } from './openmetadata.ts';
import type { DefinitionReads, DefinitionWrites, Pipeline, Service } from './store.ts';

const SAVE_SERVICE = `
  INSERT INTO services (name, display_name, type, connection, runner, pool, origin, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET display_name = excluded.display_name, type = excluded.type,
    connection = excluded.connection, runner = excluded.runner, pool = excluded.pool,
    origin = excluded.origin, updated_at = excluded.updated_at`;
const SAVE_PIPELINE = `
  INSERT OR REPLACE INTO pipelines (name, display_name, service, source_config, logger_level,
    deadline_ms, origin, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const DELETE_SCHEDULES =
  'DELETE FROM schedules WHERE pipeline IN (SELECT name FROM pipelines WHERE service = ?)';
const DELETE_SIGNATURES = `
  DELETE FROM signatures
  WHERE (subject = 'service' AND name = ?1) OR (subject = 'pipeline' AND name IN
    (SELECT name FROM pipelines WHERE service = ?1))`;
const DELETE_SIGNATURE = "DELETE FROM signatures WHERE subject = 'pipeline' AND name = ?";

export function definitionTables(statements: Statements): DefinitionReads & DefinitionWrites {
  return { ...serviceTable(statements), ...pipelineTable(statements) };
}

function serviceTable(
  statements: Statements,
): Pick<
  DefinitionReads & DefinitionWrites,
  'services' | 'service' | 'saveService' | 'deleteService'
> {
  return {
    services: async () => statements.all('SELECT * FROM services ORDER BY name', [], toService),
    service: async (name) =>
      statements.get('SELECT * FROM services WHERE name = ?', [name], toService),
    saveService: async (service) =>
      void statements.run(SAVE_SERVICE, [
        service.name,
        service.displayName,
        service.type,
        JSON.stringify(service.connection),
        service.runner,
        service.pool,
        fromOrigin(service.origin),
        service.updatedAt,
      ]),
    deleteService: async (name) => {
      statements.run(DELETE_SCHEDULES, [name]);
      statements.run(DELETE_SIGNATURES, [name]);
      statements.run('DELETE FROM pipelines WHERE service = ?', [name]);
      statements.run('DELETE FROM services WHERE name = ?', [name]);
    },
  };
}

function pipelineTable(
  statements: Statements,
): Pick<
  DefinitionReads & DefinitionWrites,
  'pipelines' | 'pipeline' | 'savePipeline' | 'deletePipeline'
> {
  return {
    pipelines: async () => statements.all('SELECT * FROM pipelines ORDER BY name', [], toPipeline),
    pipeline: async (name) =>
      statements.get('SELECT * FROM pipelines WHERE name = ?', [name], toPipeline),
    savePipeline: async (pipeline) =>
      void statements.run(SAVE_PIPELINE, [
        pipeline.name,
        pipeline.displayName,
        pipeline.service,
        JSON.stringify(pipeline.sourceConfig),
        pipeline.loggerLevel,
        pipeline.deadlineMs,
        fromOrigin(pipeline.origin),
        pipeline.updatedAt,
      ]),
    deletePipeline: async (name) => {
      statements.run('DELETE FROM schedules WHERE pipeline = ?', [name]);
      statements.run(DELETE_SIGNATURE, [name]);
      statements.run('DELETE FROM pipelines WHERE name = ?', [name]);
    },
  };
}

function toService(row: Row): Service {
  return {
    name: row['name'] as string,
    displayName: row['display_name'] as string | null,
    type: row['type'] as string,
    connection: json(row['connection']) as Service['connection'],
    runner: row['runner'] as string | null,
    pool: row['pool'] as string | null,
    origin: toOrigin(row['origin']),
    updatedAt: row['updated_at'] as number,
  };
}

function toPipeline(row: Row): Pipeline {
  return {
    name: row['name'] as string,
    displayName: row['display_name'] as string | null,
    service: row['service'] as string,
    sourceConfig: json(row['source_config']) as Pipeline['sourceConfig'],
    loggerLevel: row['logger_level'] as string,
    deadlineMs: row['deadline_ms'] as number,
    origin: toOrigin(row['origin']),
    updatedAt: row['updated_at'] as number,
  };
}

function fromOrigin(origin: Origin | null): string | null {
  return origin === null ? null : JSON.stringify(origin);
}

function toOrigin(value: unknown): Origin | null {
  return value === null ? null : (json(value) as Origin);
}
