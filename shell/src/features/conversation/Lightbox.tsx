import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight, Download, LoaderCircle, X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useRef, useState } from 'react'

import type { Attachment } from '#api/types.ts'
import { again } from '#live/again.ts'
import { fileQuery } from '#live/files.ts'
import { Button, IconButton } from '#ui/Button.tsx'
import { giveFocusBack } from '#ui/focus.ts'

import { nameOf, save, useAddress } from './file.ts'

interface LightboxProps {
  pictures: (Attachment & { id: string })[]
  at: number
  onAt: (at: number | null) => void
}

/** The pictures of a message, one at a time, as large as possible. */
export default function Lightbox({ pictures, at, onAt }: LightboxProps) {
  const content = useRef<HTMLDivElement>(null)
  const picture = pictures[at]
  const query = useQuery({ ...fileQuery(picture?.id ?? ''), enabled: picture !== undefined })
  const address = useAddress(query.data)
  /** The id of a picture that this browser cannot show. */
  const [strange, setStrange] = useState<string | null>(null)
  if (!picture) return null
  const name = nameOf(picture)
  const step = (by: number) => onAt((at + by + pictures.length) % pictures.length)
  return (
    <Dialog.Root open onOpenChange={() => onAt(null)}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          ref={content}
          tabIndex={-1}
          // Not on the first button, whose tip would take the first Escape.
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            content.current?.focus()
          }}
          onCloseAutoFocus={giveFocusBack}
          className="fixed inset-3 z-50 flex flex-col overflow-hidden rounded-2xl border border-line bg-surface shadow-raised outline-none two:inset-8"
          onKeyDown={(event) => {
            if (pictures.length > 1 && event.key === 'ArrowRight') step(1)
            if (pictures.length > 1 && event.key === 'ArrowLeft') step(-1)
          }}
        >
          <div className="flex h-13 shrink-0 items-center gap-1 border-b border-line pr-2 pl-4">
            <Dialog.Title className="min-w-0 grow truncate font-semibold">
              <bdi>{name}</bdi>
              {pictures.length > 1 && (
                <span className="ml-2 font-normal text-soft">
                  {at + 1} of {pictures.length}
                </span>
              )}
            </Dialog.Title>
            {pictures.length > 1 && (
              <>
                <IconButton label="Previous picture" onClick={() => step(-1)}>
                  <ChevronLeft />
                </IconButton>
                <IconButton label="Next picture" onClick={() => step(1)}>
                  <ChevronRight />
                </IconButton>
              </>
            )}
            <IconButton label="Download" disabled={!query.data} onClick={() => query.data && save(query.data, name)}>
              <Download />
            </IconButton>
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className="flex min-h-0 grow items-center justify-center bg-sunken p-2">
            {strange === picture.id ? (
              <p role="alert" className="text-soft">
                This browser cannot show the image. Download it instead
              </p>
            ) : address ? (
              <img src={address} alt={name} className="max-h-full max-w-full object-contain" onError={() => setStrange(picture.id)} />
            ) : query.isError ? (
              <div role="alert" className="flex flex-col items-center gap-2 text-soft">
                This file is not available
                <Button onClick={() => void again(query)}>Try again</Button>
              </div>
            ) : (
              <LoaderCircle aria-label="Loading the picture" className="spinner size-6 text-faint" />
            )}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
