import { ContactRound, FileText, MapPin, Paperclip } from 'lucide-react'

import type { Attachment } from '#api/types.ts'

/** Only addresses of the web are followed. */
function webAddress(address: string | null | undefined): string | undefined {
  return address && /^https?:\/\//i.test(address) ? address : undefined
}

function nameOf(attachment: Attachment): string {
  return attachment.title ?? attachment.fileName ?? 'File'
}

function size(bytes: number | null | undefined): string {
  if (bytes == null) return ''
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

export function Attachments({ attachments }: { attachments: Attachment[] }) {
  return attachments.map((attachment, index) => (
    <One key={attachment.id ?? index} attachment={attachment} />
  ))
}

function One({ attachment }: { attachment: Attachment }) {
  const name = nameOf(attachment)
  switch (attachment.fileType) {
    case 'location': {
      const { latitude, longitude } = attachment
      return (
        <a
          href={`https://www.openstreetmap.org/?mlat=${latitude ?? 0}&mlon=${longitude ?? 0}#map=16/${latitude ?? 0}/${longitude ?? 0}`}
          target="_blank"
          rel="noopener noreferrer"
          className="mt-1 inline-flex items-center gap-1.5 underline underline-offset-2"
        >
          <MapPin aria-hidden className="size-4" />
          {attachment.title ?? 'Location'}
        </a>
      )
    }
    case 'contact':
      return (
        <span className="mt-1 flex items-center gap-1.5">
          <ContactRound aria-hidden className="size-4" />
          {name}
        </span>
      )
    default:
      return <File name={name} attachment={attachment} />
  }
}

function File({ name, attachment }: { name: string; attachment: Attachment }) {
  const address = webAddress(attachment.link)
  const Icon = address ? FileText : Paperclip
  const inside = (
    <>
      <Icon aria-hidden className="size-4 shrink-0 text-soft" />
      <span className="min-w-0 truncate font-medium">{name}</span>
      <span className="shrink-0 text-xs text-faint">{size(attachment.fileSize)}</span>
    </>
  )
  const look = 'mt-1 flex max-w-72 items-center gap-2 rounded-lg border border-line bg-surface px-2.5 py-2 text-ink'
  return address ? (
    <a href={address} target="_blank" rel="noopener noreferrer" className={`${look} hover:border-line-strong`}>
      {inside}
    </a>
  ) : (
    <span className={look}>{inside}</span>
  )
}
