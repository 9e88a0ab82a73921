/** Inserts texts into the composer, wherever they were chosen. */
type Writer = (text: string) => void

let writer: Writer = () => undefined

/** Sets who inserts texts, until the returned function is called. */
export function onInserted(next: Writer): () => void {
  writer = next
  return () => {
    if (writer === next) writer = () => undefined
  }
}

/** Inserts a text at the cursor, with its variables filled in. */
export function insert(text: string): void {
  writer(text)
}
