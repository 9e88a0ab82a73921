import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ContactRound, Download, ExternalLink, FileText, LoaderCircle, type LucideIcon, MapPin, Paperclip, Play, RotateCw } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'

import { Failure } from '#api/failure.ts'
import type { Attachment } from '#api/types.ts'
import { again } from '#live/again.ts'
import { fileQuery } from '#live/files.ts'
import { isFocusLost } from '#ui/focus.ts'
import { lazily } from '#ui/lazily.tsx'
import { useMounted } from '#ui/mounted.ts'
import { toastFailure } from '#ui/toasts.ts'

import { isKept, type Kept, nameOf, save, size, useAddress, useSeen, webAddress } from './file.ts'

const Lightbox = lazily(() => import('./Lightbox.tsx'))

export function Attachments({ attachments }: { attachments: Attachment[] }) {
  const [open, setOpen] = useState<number | null>(null)
  const pictures = attachments.filter(isKept).filter(({ fileType }) => fileType === 'image')
  return (
    <>
      {attachments.map((attachment, index) => (
        <One
          key={attachment.id ?? index}
          attachment={attachment}
          onOpen={() => setOpen(pictures.findIndex(({ id }) => id === attachment.id))}
        />
      ))}
      {open !== null && <Lightbox pictures={pictures} at={open} onAt={setOpen} missing={() => setOpen(null)} />}
    </>
  )
}

function One({ attachment, onOpen }: { attachment: Attachment; onOpen: () => void }) {
  const { fileType, latitude, longitude, title } = attachment
  switch (fileType) {
    case 'image':
      return isKept(attachment) ? <Picture attachment={attachment} onOpen={onOpen} /> : <Other attachment={attachment} />
    case 'audio':
    case 'video':
      return isKept(attachment) ? <Player attachment={attachment} kind={fileType} /> : <Other attachment={attachment} />
    case 'location':
      // Without coordinates, the map would show a place in the Gulf of Guinea.
      return latitude == null || longitude == null ? (
        <Other attachment={attachment} />
      ) : (
        <Leading icon={MapPin} to={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`}>
          {(title ?? '') || 'Location'}
        </Leading>
      )
    case 'contact':
      return (
        <Card>
          <span className="flex size-8 shrink-0 items-center justify-center rounded-full bg-sunken">
            <ContactRound aria-hidden className="size-4 text-soft" />
          </span>
          <span className="min-w-0">
            <span className="block text-xs text-soft">Contact</span>
            <span className="block truncate font-medium">{title ?? 'No number'}</span>
          </span>
        </Card>
      )
    default:
      return <Other attachment={attachment} />
  }
}

/** A link, a file, or something that is neither. */
function Other({ attachment }: { attachment: Attachment }) {
  const link = webAddress(attachment.link)
  if (isKept(attachment)) return <FileCard attachment={attachment} />
  if (link) {
    return (
      <Leading icon={ExternalLink} to={link}>
        <bdi>{nameOf(attachment)}</bdi>
      </Leading>
    )
  }
  return (
    <Card>
      <Paperclip aria-hidden className="size-4 shrink-0 text-soft" />
      <bdi className="min-w-0 truncate">{nameOf(attachment)}</bdi>
      <span className="shrink-0 text-xs text-faint">shows in Chatwoot only</span>
    </Card>
  )
}

const CARD = 'mt-1 flex max-w-72 items-center gap-2 rounded-lg border border-line bg-surface px-2.5 py-2 text-left text-ink'

function Card({ children }: { children: ReactNode }) {
  return <span className={CARD}>{children}</span>
}

function Leading({ icon: Icon, to, children }: { icon: LucideIcon; to: string; children: ReactNode }) {
  return (
    <a href={to} target="_blank" rel="noopener noreferrer" className="mt-1 flex w-fit max-w-full items-center gap-1.5 underline underline-offset-2">
      <Icon aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0 truncate">{children}</span>
    </a>
  )
}

/** Shown in place of a file that cannot be fetched, in the same size, so that nothing jumps. */
function Missing({ retry }: { retry: () => void }) {
  return (
    <span className="flex h-full flex-col items-center justify-center gap-1.5 text-sm text-soft">
      This file is not available
      <button type="button" className="inline-flex items-center gap-1 text-accent underline underline-offset-2" onClick={retry}>
        <RotateCw aria-hidden className="size-3.5" />
        Try again
      </button>
    </span>
  )
}

/** A file that this browser cannot show, such as some phones' pictures: a download in the same place. */
function Strange({ attachment }: { attachment: Kept }) {
  return (
    <div className="flex h-full items-center justify-center overflow-y-auto px-2">
      <FileCard attachment={attachment} />
    </div>
  )
}

function Picture({ attachment, onOpen }: { attachment: Kept; onOpen: () => void }) {
  const box = useRef<HTMLDivElement>(null)
  const seen = useSeen(box)
  const query = useQuery({ ...fileQuery(attachment.id, attachment.thumbUrl != null), enabled: seen })
  const address = useAddress(query.data)
  const [strange, setStrange] = useState(false)
  const name = nameOf(attachment)
  return (
    <div ref={box} className="mt-1 h-44 w-60 max-w-full overflow-hidden rounded-lg bg-sunken">
      {query.isError ? (
        <Missing retry={() => void again(query)} />
      ) : strange ? (
        <Strange attachment={attachment} />
      ) : (
        <button type="button" aria-label={`Open the picture ${name}`} className="block size-full cursor-zoom-in" onClick={onOpen}>
          {address && <img src={address} alt={name} className="size-full object-cover" onError={() => setStrange(true)} />}
        </button>
      )}
    </div>
  )
}

/** The pressed button is gone, and the focus with it: the player has it, to be stopped by key. */
function takeFocus(player: HTMLMediaElement | null): void {
  if (player && isFocusLost()) player.focus({ preventScroll: true })
}

/** Fetched only when somebody wants to play it. */
function Player({ attachment, kind }: { attachment: Kept; kind: 'audio' | 'video' }) {
  const [wanted, setWanted] = useState(false)
  const [strange, setStrange] = useState(false)
  const query = useQuery({ ...fileQuery(attachment.id), enabled: wanted })
  const address = useAddress(query.data)
  const name = nameOf(attachment)
  const playing = { controls: true, autoPlay: true, src: address, 'aria-label': name, className: 'size-full -outline-offset-2', tabIndex: 0, ref: takeFocus, onError: () => setStrange(true) }
  // The card of a download is a little higher than an audio player.
  const frame = kind === 'audio' ? (strange ? 'w-72' : 'h-11 w-72') : 'h-44 w-72'
  return (
    <figure className="mt-1 max-w-full">
      <div className={`${frame} max-w-full overflow-hidden rounded-lg bg-sunken`}>
        {query.isError ? (
          <Missing retry={() => void again(query)} />
        ) : strange ? (
          <Strange attachment={attachment} />
        ) : address ? (
          kind === 'audio' ? (
            // eslint-disable-next-line jsx-a11y/media-has-caption -- the transcript stands below it
            <audio {...playing} />
          ) : (
            // eslint-disable-next-line jsx-a11y/media-has-caption -- customers send none
            <video {...playing} />
          )
        ) : (
          <button
            type="button"
            aria-label={`Play ${name}`}
            // Not `disabled`, which would lose the focus.
            aria-disabled={wanted || undefined}
            className="flex size-full items-center gap-2 px-3 text-soft hover:text-ink"
            onClick={() => setWanted(true)}
          >
            {wanted ? <LoaderCircle aria-hidden className="spinner size-4 shrink-0" /> : <Play aria-hidden className="size-4 shrink-0" />}
            <bdi className="min-w-0 truncate">{name}</bdi>
            <span className="ml-auto shrink-0 text-xs">{size(attachment.fileSize)}</span>
          </button>
        )}
      </div>
      {attachment.transcript && <figcaption dir="auto" className="mt-1 text-sm wrap-anywhere text-soft">{attachment.transcript}</figcaption>}
    </figure>
  )
}

/** Downloaded and never opened here, because it comes from a stranger. */
function FileCard({ attachment }: { attachment: Kept }) {
  const client = useQueryClient()
  const [state, setState] = useState<'idle' | 'busy' | 'missing'>('idle')
  const isMounted = useMounted()
  const name = nameOf(attachment)
  const busy = state === 'busy'
  const download = async () => {
    if (busy) return
    setState('busy')
    try {
      save(await client.query(fileQuery(attachment.id)), name)
      if (isMounted()) setState('idle')
    } catch (error) {
      if (isMounted()) setState('missing')
      else toastFailure(`Not available: ${name}`, attachment.id, Failure.from(error))
    }
  }
  return (
    <button type="button" onClick={() => void download()} aria-disabled={busy || undefined} className={`${CARD} hover:border-line-strong`}>
      <FileText aria-hidden className="size-4 shrink-0 text-soft" />
      <span className="min-w-0 grow">
        {/* In full: its ending tells the type. */}
        <bdi className="block font-medium wrap-anywhere">{name}</bdi>
        <span role="status" className="block text-xs text-faint empty:hidden">
          {state === 'missing' ? 'Not available; try again' : size(attachment.fileSize)}
        </span>
      </span>
      {busy ? <LoaderCircle aria-hidden className="spinner size-4" /> : <Download aria-hidden className="size-4 shrink-0 text-soft" />}
      <span className="sr-only">, download</span>
    </button>
  )
}
