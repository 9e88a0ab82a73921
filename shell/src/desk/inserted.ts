/** Texts for whatever is being written, from wherever they were chosen. */
type Writer = (text: string) => void

let writer: Writer = () => undefined

/** Who writes what was chosen; until the returned function is called. */
export function onInserted(next: Writer): () => void {
  writer = next
  return () => {
    if (writer === next) writer = () => undefined
  }
}

/** Puts a text where the cursor is, its variables filled. */
export function insert(text: string): void {
  writer(text)
}
