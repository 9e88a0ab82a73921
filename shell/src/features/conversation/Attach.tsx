import { Paperclip, X } from 'lucide-react'
import { type ClipboardEvent, type DragEvent, useEffect, useRef, useState } from 'react'

import { type Chosen, chooseFiles, dropChosen, useChosen } from '#live/chosen.ts'
import type { DraftKind } from '#live/kind.ts'
import { IconButton } from '#ui/Button.tsx'

import { plain, size } from './file.ts'

export interface Attaching {
  readonly files: readonly Chosen[]
  /** Why some files were not taken. */
  readonly refused: readonly string[]
  readonly add: (files: Iterable<File>) => void
  readonly remove: (id: string) => void
  /** Removes these reasons, once the rest is sent. */
  readonly forget: () => void
  /** A file is being dragged over the composer. */
  readonly over: boolean
  /** Props for the element that takes dropped and pasted files. */
  readonly place: {
    onPaste: (event: ClipboardEvent) => void
    onDragOver: (event: DragEvent) => void
    onDragLeave: (event: DragEvent) => void
    onDrop: (event: DragEvent) => void
  }
}

const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files')

/**
 * A text that comes with a picture of itself, as from a spreadsheet, comes with its layout as well. A plain text alone
 * may be the name of a file, as from the Finder of macOS.
 */
const isText = (types: readonly string[]) => types.includes('text/plain') && ['text/html', 'text/rtf'].some((one) => types.includes(one))

/** Files for the message being written: by button, drop and paste. */
export function useAttach(conversationId: string, kind: DraftKind): Attaching {
  const files = useChosen(conversationId, kind)
  const [refused, setRefused] = useState<{ kind: DraftKind; why: readonly string[] }>({ kind, why: [] })
  const [over, setOver] = useState(false)
  const add = (more: Iterable<File>) => setRefused({ kind, why: chooseFiles(conversationId, kind, more) })
  const forget = () => setRefused({ kind, why: [] })
  useEffect(() => {
    // Dropped elsewhere, a file would replace this page in the browser, and all unsent files with it.
    const stay = (event: globalThis.DragEvent) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'none'
    }
    window.addEventListener('dragover', stay)
    window.addEventListener('drop', stay)
    return () => {
      window.removeEventListener('dragover', stay)
      window.removeEventListener('drop', stay)
    }
  }, [])
  return {
    files,
    refused: refused.kind === kind ? refused.why : [],
    add,
    forget,
    remove: (id) => {
      forget()
      dropChosen(conversationId, kind, id)
    },
    over,
    place: {
      onPaste: (event) => {
        const pasted = [...event.clipboardData.files]
        if (pasted.length === 0 || isText(event.clipboardData.types)) return
        event.preventDefault()
        add(pasted)
      },
      onDragOver: (event) => {
        if (!carriesFiles(event)) return
        event.preventDefault()
        setOver(true)
      },
      onDragLeave: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      },
      onDrop: (event) => {
        if (!carriesFiles(event)) return
        event.preventDefault()
        setOver(false)
        add([...event.dataTransfer.files])
      },
    },
  }
}

export function AttachButton({ attach }: { attach: Attaching }) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-attach
        onChange={({ target }) => {
          attach.add([...(target.files ?? [])])
          // So that the same file can be chosen again.
          target.value = ''
        }}
      />
      <IconButton label="Attach files" onClick={() => input.current?.click()}>
        <Paperclip />
      </IconButton>
    </>
  )
}

interface AttachedProps {
  attach: Attaching
  /** Focuses the field. */
  write: () => void
}

/** The chosen files, and why others were not taken. */
export function Attached({ attach, write }: AttachedProps) {
  const { files, refused, over } = attach
  // The pressed button goes with its file. Without a focus, what is typed next would be taken for keys.
  const remove = (id: string, from: HTMLElement) => {
    const item = from.closest('li')
    const next = (item?.nextElementSibling ?? item?.previousElementSibling)?.querySelector('button')
    if (next) next.focus()
    else write()
    attach.remove(id)
  }
  return (
    <>
      {over && <p className="mx-3.5 my-1 rounded-lg border border-dashed border-accent-line py-2 text-center text-sm text-accent">Drop to attach</p>}
      {files.length > 0 && (
        <ul aria-label="Attached files" className="flex flex-wrap gap-1.5 px-3.5 pb-2">
          {files.map(({ id, file }) => (
            <li key={id} className="flex h-8 max-w-60 items-center gap-1.5 rounded-lg border border-line bg-surface pr-0.5 pl-2.5 text-sm">
              <bdi className="truncate">{plain(file.name)}</bdi>
              <span className="shrink-0 text-xs text-faint">{size(file.size)}</span>
              <button
                type="button"
                aria-label={`Remove ${plain(file.name)}`}
                onClick={({ currentTarget }) => remove(id, currentTarget)}
                className="flex size-6 shrink-0 items-center justify-center rounded text-soft hover:text-ink"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {refused.length > 0 && (
        <ul role="alert" className="px-3.5 pb-2 text-sm text-bad">
          {refused.map((why) => (
            <li key={why}>{why}</li>
          ))}
        </ul>
      )}
    </>
  )
}
