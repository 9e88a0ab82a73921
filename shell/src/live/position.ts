/** A position in the stream. Sequences of different epochs cannot be compared. */
export interface Position {
  readonly epoch: string
  readonly sequence: number
}

/** Returns null for what is no position, such as the answer of an API that cannot reach its stream. */
export function readPosition(text: string | null | undefined): Position | null {
  const parts = /^([^:]+):(\d+)$/.exec(text ?? '')
  return parts ? { epoch: parts[1] ?? '', sequence: Number(parts[2]) } : null
}
