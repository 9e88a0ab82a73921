/** Texts that come back to be written anew. */
import { Failure } from '#api/failure.ts'
import { chooseFiles, refusalsOf } from '#live/chosen.ts'
import type { Drafts } from '#live/drafts.ts'
import { type DraftKind, setKind } from '#live/kind.ts'

export interface Text {
  readonly content: string
  readonly private: boolean
  readonly files: readonly File[]
}

/** A text, with its files, that goes back into the field it was written in. */
export type Editing = (text: Text) => void

const kindOf = (text: Text): DraftKind => (text.private ? 'note' : 'reply')

/** To be asked before it is taken back: files that have no room beside those already chosen would be lost. */
export function mustFit(conversationId: string, text: Text): void {
  const [why] = refusalsOf(conversationId, kindOf(text), text.files)
  if (why) throw new Failure(422, { detail: `${why}. First send or remove your attachments` })
}

/** Puts it back, before what is there already. */
export function putBack(drafts: Drafts, conversationId: string, text: Text): void {
  const kind = kindOf(text)
  drafts.prepend(conversationId, kind, text.content)
  chooseFiles(conversationId, kind, text.files)
  setKind(conversationId, kind)
}
