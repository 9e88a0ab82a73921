import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { type ReactNode, useRef } from 'react'

import { classes } from './classes.ts'
import { stayWhileComposing } from './composing.ts'
import { giveFocusBack } from './focus.ts'

interface SheetProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  children: ReactNode
  /** At the right edge, or in the middle. */
  side?: 'right' | 'middle'
}

/** A dialog above everything else. When it closes, the focus goes back to where it was. */
export function Sheet({ open, onOpenChange, title, children, side = 'middle' }: SheetProps) {
  const content = useRef<HTMLDivElement>(null)
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          ref={content}
          tabIndex={-1}
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            content.current?.focus()
          }}
          onCloseAutoFocus={giveFocusBack}
          onEscapeKeyDown={stayWhileComposing}
          className={classes(
            'fixed z-50 flex flex-col bg-surface shadow-raised outline-none',
            side === 'right'
              ? 'inset-y-0 right-0 w-80 max-w-full border-l border-line'
              : 'rise top-[12vh] left-1/2 max-h-[76vh] w-[34rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 rounded-2xl border border-line',
          )}
        >
          <div className="flex h-13 shrink-0 items-center justify-between border-b border-line pr-2 pl-4">
            <Dialog.Title dir="auto" className="min-w-0 truncate font-semibold">{title}</Dialog.Title>
            <Dialog.Close
              aria-label="Close"
              className="flex size-8 items-center justify-center rounded-lg text-soft hover:bg-hover hover:text-ink"
            >
              <X aria-hidden className="size-4" />
            </Dialog.Close>
          </div>
          <div className="min-h-0 grow overflow-y-auto">{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
