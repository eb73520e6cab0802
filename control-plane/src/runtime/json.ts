/** An object of a JSON document, with members that nothing has checked yet. */
export type Json = Readonly<Record<string, unknown>>;
