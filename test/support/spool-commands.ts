import {
  type Arbitrary,
  array,
  boolean,
  constant,
  double,
  integer,
  oneof,
  record,
} from 'fast-check';

export type Command =
  | { readonly do: 'append'; readonly size: number }
  | { readonly do: 'flush' }
  | { readonly do: 'read'; readonly bytes: number }
  | { readonly do: 'acknowledge'; readonly share: number }
  | { readonly do: 'restart' }
  /** A power cut or a killed program, shortly after an acknowledgement and appends have begun. */
  | {
      readonly do: 'crash';
      readonly power: boolean;
      readonly sizes: readonly number[];
      readonly steps: number;
      readonly again: boolean;
    }
  /** The disk becomes full during a write, more records are appended, then there is space again. */
  | { readonly do: 'fill'; readonly room: number; readonly sizes: readonly number[] };

const sizes = array(integer({ min: 1, max: 1500 }), { maxLength: 4 });

export const command: Arbitrary<Command> = oneof(
  {
    weight: 8,
    arbitrary: record({
      do: constant('append' as const),
      size: oneof(integer({ min: 1, max: 60 }), integer({ min: 400, max: 1800 })),
    }),
  },
  { weight: 3, arbitrary: record({ do: constant('flush' as const) }) },
  {
    weight: 3,
    arbitrary: record({ do: constant('read' as const), bytes: integer({ min: 1, max: 3000 }) }),
  },
  {
    weight: 3,
    arbitrary: record({
      do: constant('acknowledge' as const),
      share: double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: record({ do: constant('restart' as const) }) },
  {
    weight: 3,
    arbitrary: record({
      do: constant('crash' as const),
      power: boolean(),
      sizes,
      steps: oneof(integer({ min: 0, max: 15 }), integer({ min: 0, max: 120 })),
      again: boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      do: constant('fill' as const),
      room: integer({ min: 0, max: 1500 }),
      sizes,
    }),
  },
);
