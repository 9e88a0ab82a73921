/** The text of `schema.d.ts` for a description. */
export function typesOf(document: unknown): Promise<string>
