import { Columns, document, optionalDocument, plain } from './sqlite-columns.ts';
import type { Statements } from './sqlite-statements.ts';
import type { DefinitionReads, DefinitionWrites, Pipeline, Service } from './store.ts';

const SERVICE = new Columns<Service>('services', {
  name: plain('name'),
  displayName: plain('display_name'),
  type: plain('type'),
  connection: document('connection'),
  runner: plain('runner'),
  pool: plain('pool'),
  origin: optionalDocument('origin'),
  updatedAt: plain('updated_at'),
});
const SAVE_SERVICE = SERVICE.upsert(['name']);
const PIPELINE = new Columns<Pipeline>('pipelines', {
  name: plain('name'),
  displayName: plain('display_name'),
  service: plain('service'),
  sourceConfig: document('source_config'),
  loggerLevel: plain('logger_level'),
  deadlineMs: plain('deadline_ms'),
  origin: optionalDocument('origin'),
  updatedAt: plain('updated_at'),
});
const SAVE_PIPELINE = PIPELINE.upsert(['name']);
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
    services: async () => statements.all('SELECT * FROM services ORDER BY name', [], SERVICE.read),
    service: async (name) =>
      statements.get('SELECT * FROM services WHERE name = ?', [name], SERVICE.read),
    saveService: async (service) => statements.save(SAVE_SERVICE, service),
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
    pipelines: async () =>
      statements.all('SELECT * FROM pipelines ORDER BY name', [], PIPELINE.read),
    pipeline: async (name) =>
      statements.get('SELECT * FROM pipelines WHERE name = ?', [name], PIPELINE.read),
    savePipeline: async (pipeline) => statements.save(SAVE_PIPELINE, pipeline),
    deletePipeline: async (name) => {
      statements.run('DELETE FROM schedules WHERE pipeline = ?', [name]);
      statements.run(DELETE_SIGNATURE, [name]);
      statements.run('DELETE FROM pipelines WHERE name = ?', [name]);
    },
  };
}
