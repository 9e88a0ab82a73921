/** Texts that go back into the composer to be edited. */
import { Failure } from '#api/failure.ts'
import { chooseFiles, refusalsOf } from '#live/chosen.ts'
import type { Drafts } from '#live/drafts.ts'
import { type DraftKind, setKind } from '#live/kind.ts'

export interface Text {
  readonly content: string
  readonly private: boolean
  readonly files: readonly File[]
}

/** Puts a text, with its files, back into the field it was written in. */
export type Editing = (text: Text) => void

const kindOf = (text: Text): DraftKind => (text.private ? 'note' : 'reply')

/**
 * Throws if its files do not fit beside those already chosen. Call it before taking the message back, or they would be
 * lost.
 */
export function mustFit(conversationId: string, text: Text): void {
  const [why] = refusalsOf(conversationId, kindOf(text), text.files)
  if (why) throw new Failure(422, { detail: `${why}. First send or remove your attachments` })
}

/** Puts a text back, before what is already there. */
export function putBack(drafts: Drafts, conversationId: string, text: Text): void {
  const kind = kindOf(text)
  drafts.prepend(conversationId, kind, text.content)
  chooseFiles(conversationId, kind, text.files)
  setKind(conversationId, kind)
}
