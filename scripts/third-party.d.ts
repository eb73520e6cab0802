export function thirdPartyNotice(root: string, inputs: Readonly<Record<string, unknown>>): string;
