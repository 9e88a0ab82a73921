/** Files of messages: their names, and how they are shown and saved. */
import { type RefObject, useEffect, useState } from 'react'

import type { Attachment } from '#api/types.ts'

/** An attachment that the API serves. */
export type Kept = Attachment & { id: string }

export function isKept(attachment: Attachment): attachment is Kept {
  return attachment.id != null && attachment.url != null
}

/** An address if it is a web address, which alone may be followed. */
export function webAddress(address: string | null | undefined): string | undefined {
  return address && /^https?:\/\//i.test(address) ? address : undefined
}

/** Characters that change the direction of text: with them, a name may seem to have a different ending. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** A name without these characters. Show it in `<bdi>`, too. */
export function plain(name: string): string {
  return name.replace(DIRECTIONS, '')
}

/** Names for files without one. */
const NAMES: Readonly<Record<string, string>> = { image: 'Picture', video: 'Video', audio: 'Audio', location: 'Location' }

export function nameOf({ fileName, title, fileType }: Attachment): string {
  return plain(fileName ?? '') || plain(title ?? '') || (NAMES[fileType ?? ''] ?? 'File')
}

export function size(bytes: number | null | undefined): string {
  if (bytes == null) return ''
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** An object URL for a blob, valid while it is shown. */
export function useAddress(blob: Blob | undefined): string | undefined {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    if (!blob) return
    const made = URL.createObjectURL(blob)
    // eslint-disable-next-line react-hooks/set-state-in-effect -- it is made here, and given back here
    setAddress(made)
    return () => {
      setAddress(undefined)
      URL.revokeObjectURL(made)
    }
  }, [blob])
  return address
}

/** Whether an element has been visible, or nearly. */
export function useSeen(element: RefObject<Element | null>): boolean {
  const [seen, setSeen] = useState(typeof IntersectionObserver === 'undefined')
  useEffect(() => {
    if (seen || !element.current) return
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
      { rootMargin: '400px' },
    )
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [seen, element])
  return seen
}

/** Saves a blob as a file. */
export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The download has started by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
