import type { FieldDescription, FieldType, Governance } from './model.ts';

/** A change to the org. It updates times as Salesforce does. */
export type Edit =
  | { readonly kind: 'touch'; readonly object: string }
  /** Permissions, profiles or field labels changed: every conditional request sees a change. */
  | { readonly kind: 'touchAll' }
  | { readonly kind: 'addObject'; readonly name: string; readonly label?: string }
  | { readonly kind: 'removeObject'; readonly object: string }
  /** Changes the API name (when `name` is given), the label (when `label` is given), or both. */
  | {
      readonly kind: 'renameObject';
      readonly object: string;
      readonly name?: string;
      readonly label?: string;
    }
  | { readonly kind: 'addField'; readonly object: string; readonly field: NewField }
  | { readonly kind: 'removeField'; readonly object: string; readonly field: string }
  | {
      readonly kind: 'renameField';
      readonly object: string;
      readonly field: string;
      readonly name?: string;
      readonly label?: string;
    }
  /** Changes the description or classification of a field. */
  | {
      readonly kind: 'annotateField';
      readonly object: string;
      readonly field: string;
      readonly description?: string;
      readonly governance?: Partial<Governance>;
    };

export interface NewField {
  readonly name: string;
  readonly type: FieldType;
  readonly label?: string;
  readonly length?: number;
  readonly scale?: number;
  readonly referenceTo?: readonly string[];
  readonly description?: string;
  readonly governance?: Partial<Governance>;
  /** The field's value in every record. */
  readonly content?: string | number | boolean;
  /** Any other describe keys. */
  readonly traits?: Partial<FieldDescription>;
}

export const EDIT_KINDS: ReadonlySet<string> = new Set<Edit['kind']>([
  'touch',
  'touchAll',
  'addObject',
  'removeObject',
  'renameObject',
  'addField',
  'removeField',
  'renameField',
  'annotateField',
]);
