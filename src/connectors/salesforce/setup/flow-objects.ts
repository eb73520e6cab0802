import { z } from 'zod';

const elementSchema = z.looseObject({
  object: z.string().optional().catch(undefined),
  objectType: z.string().optional().catch(undefined),
});
const processSchema = z.object({
  name: z.literal('ObjectType'),
  value: z.object({ stringValue: z.string() }),
});

/**
 * API names of the objects that a flow reads, writes or is started by: `object` of its elements
 * (start, recordLookups, recordUpdates, ...), `objectType` of its variables, and the value
 * ObjectType of a Process Builder process. See Flow in the Metadata API.
 */
export function objectsIn(metadata: unknown): readonly string[] {
  if (typeof metadata !== 'object' || metadata === null) return [];
  const elements: unknown[] = Object.values(metadata).flat();
  return [...new Set(elements.flatMap(namesIn))];
}

function namesIn(element: unknown): string[] {
  const process = processSchema.safeParse(element);
  if (process.success) return [process.data.value.stringValue];
  const { object, objectType } = elementSchema.safeParse(element).data ?? {};
  return [object, objectType].filter((name) => name !== undefined);
}
