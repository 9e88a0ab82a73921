/** A place in the stream. Sequences of different epochs have nothing to do with each other. */
export interface Position {
  readonly epoch: string
  readonly sequence: number
}

/** Null for what is none, and for the answer of an API that cannot reach its stream. */
export function readPosition(text: string | null | undefined): Position | null {
  const parts = /^([^:]+):(\d+)$/.exec(text ?? '')
  return parts ? { epoch: parts[1] ?? '', sequence: Number(parts[2]) } : null
}
